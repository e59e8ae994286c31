import { chunkHash, rowHashes, scanMirror } from './gateway.real/compare.ts';
import { factsOf } from './gateway.real/facts.ts';
import { beat, lookAt, reached, settle } from './gateway.real/look.ts';
import { attach, detach, publish, remove, resync, setPaused, subscribe } from './gateway.real/streams.ts';
import type { ReplicationGateway } from './gateway.ts';

/** Postgres' own logical replication between the servers of two regions. */
export const realReplication: ReplicationGateway = {
  simulated: false,
  facts: ({ publisher, subscriber, tables }) => factsOf(publisher, subscriber, tables),
  publish,
  subscribe,
  detach,
  attach,
  remove,
  setPaused,
  resync,
  beat,
  look: lookAt,
  chunk: chunkHash,
  rowHashes,
  settle,
  reached,
  scan: scanMirror,
};
