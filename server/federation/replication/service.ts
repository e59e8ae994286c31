export { type Refusal, refusalsOf } from './service/allowed.ts';
export { carryOut } from './service/carry.ts';
export { demoStream } from './service/demo.ts';
export {
  cutStream,
  drainStream,
  followBack,
  pairsFor,
  receivedBy,
  streamPairs,
  streamsBetween,
} from './service/failover.ts';
export { heldRows } from './service/held.ts';
export { enteredAway } from './service/home.ts';
export { lookAtStreams, recordSamples } from './service/look.ts';
export { mirrorsOf, readReplicas, verifyTenant } from './service/mirrors.ts';
export { compareTable, requestVerify } from './service/parity.ts';
export { reattachStream } from './service/put-back.ts';
export { resumeStreams } from './service/resume.ts';
export { scanStream, scanWhole } from './service/scan.ts';
export { askStreams } from './service/standing.ts';
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
export { verifyDue } from './service/verify-due.ts';
export { waysBack } from './service/way-back.ts';
