import { chunkHash, freshStatistics, rowHashes } from './gateway.real/compare.ts';
import { factsOf } from './gateway.real/facts.ts';
import { rowsOf } from './gateway.real/held.ts';
import { bringHome, clearAway, withheldValues } from './gateway.real/home.ts';
import { scanMirror, scanValues } from './gateway.real/leaks.ts';
import { beat, lookAt, reached, settle } from './gateway.real/look.ts';
import { admitShadowOwners, fillShadows } from './gateway.real/shadows.ts';
import {
  attach,
  detach,
  publish,
  remove,
  resync,
  setPaused,
  subscribe,
  unpublish,
  unsubscribe,
} from './gateway.real/streams.ts';
import type { ReplicationGateway } from './gateway.ts';

/** Postgres' own logical replication between the servers of two regions. */
export const realReplication: ReplicationGateway = {
  simulated: false,
  facts: factsOf,
  publish: async plan => {
    await publish(plan);
    await admitShadowOwners(plan.publisher);
  },
  fillShadows,
  subscribe: async (plan, options) => {
    await subscribe(plan, options);
    await admitShadowOwners(plan.subscriber);
  },
  detach,
  attach,
  remove,
  unsubscribe,
  unpublish,
  setPaused,
  resync,
  beat,
  look: lookAt,
  freshStatistics,
  chunk: chunkHash,
  rowHashes,
  settle,
  rowsOf,
  withheldValues,
  bringHome,
  clearAway,
  reached,
  scan: scanMirror,
  scanValues,
};
