export { carryOut } from './service/carry.ts';
export { demoStream } from './service/demo.ts';
export {
  cutStream,
  drainStream,
  followBack,
  reattachStream,
  receivedBy,
  streamPairs,
  streamsBetween,
} from './service/failover.ts';
export { lookAtStreams, recordSamples } from './service/look.ts';
export { mirrorsOf, readReplicas, verifyTenant } from './service/mirrors.ts';
export { compareTable, requestVerify, scanStream } from './service/parity.ts';
export {
  createStream,
  pauseStream,
  previewStream,
  readStatus,
  readStream,
  resumeStream,
  resyncTable,
  retireStream,
} from './service/streams.ts';
