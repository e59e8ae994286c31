import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const replicationTopic = 'replication';

const events = declareEvents('replication', {
  'replication.requested': {
    reads: e =>
      `${e.who} asked for the stream ${e.what} from ${e.said('publisher')} to ${e.said('subscriber')}`,
    outcome: 'requested',
  },
  'replication.created': { reads: e => `The stream ${e.what} was made` },
  'replication.failed': {
    reads: e => `The stream ${e.what} could not be made or changed`,
    outcome: 'failed',
  },
  'replication.resumed_order': {
    reads: e =>
      `What was ordered of the stream ${e.what} (${e.said('task')}) is asked for again: ${e.said('reason')}`,
  },
  'replication.tried_again': {
    reads: e =>
      `What was ordered of the stream ${e.what} (${e.said('task')}) is tried again: ${e.said('reason')}`,
    outcome: 'noted',
    routine: true,
  },
  'replication.paused': { reads: e => `${e.who} paused the stream ${e.what}` },
  'replication.held': {
    reads: e => `The stream ${e.what} was paused, since it is not allowed: ${e.said('reason')}`,
    outcome: 'refused',
  },
  'replication.released': {
    reads: e => `The stream ${e.what} goes on: its regions were readmitted`,
  },
  'replication.resumed': { reads: e => `${e.who} resumed the stream ${e.what}` },
  'replication.started_again': {
    reads: e => `The stream ${e.what}, which an error had stopped, was started again`,
  },
  'replication.resynced': {
    reads: e => `${e.who} had ${e.said('table')} of the stream ${e.what} copied anew`,
  },
  'replication.retired': { reads: e => `${e.who} retired the stream ${e.what}` },
  'replication.detached': { reads: e => `The stream ${e.what} was cut for a failover` },
  'replication.brought_home': {
    reads: e =>
      `What was entered away from home went to ${e.said('to')} before ${e.what} was cut: ${e.said('values')}`,
  },
  'replication.reattached': {
    reads: e =>
      e.said('state') === 'paused'
        ? `The stream ${e.what} is paused as before: the failover that had cut it was given up`
        : `The stream ${e.what} goes on as before: the failover that had cut it was given up`,
  },
  'replication.reversed': { reads: e => `The stream ${e.what} was prepared the other way round` },
  'replication.verify_requested': {
    reads: e => `${e.who} had the mirrors of the stream ${e.what} compared`,
    outcome: 'requested',
  },
  'replication.verified': {
    reads: e => `${e.said('table')} of the stream ${e.what} was compared: ${e.said('state')}`,
  },
  'replication.scanned': {
    reads: e =>
      `The mirror of the stream ${e.what} was searched for personal data: ${e.said('leaks') || 'no'} leaks`,
  },
  'replication.measured': {
    reads: () => 'The lag of the streams was measured',
    outcome: 'noted',
    routine: true,
  },
});
export type ReplicationEvent = keyof typeof events;

export const replicationEvent = (
  type: ReplicationEvent,
  id: string,
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: 'stream', id },
  detail,
  topics: [{ topic: replicationTopic, key: id }],
  jobs,
});
