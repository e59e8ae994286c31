import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const recoveryTopic = 'recovery';

const events = declareEvents('recovery', {
  'snapshot.requested': { reads: e => `${e.who} asked for the snapshot ${e.what}`, outcome: 'requested' },
  'snapshot.taken': { reads: e => `The snapshot ${e.what} of ${e.said('rows')} rows was taken and signed` },
  'snapshot.failed': { reads: e => `The snapshot ${e.what} failed`, outcome: 'failed' },
  'snapshot.forgotten': {
    reads: e => `The snapshot ${e.what} was removed, as retention says`,
    outcome: 'noted',
  },
  'drill.requested': { reads: e => `${e.who} asked for a restore of ${e.what}`, outcome: 'requested' },
  'drill.passed': {
    reads: e => `The snapshot ${e.what} was restored and proved in ${e.said('durationMs')} ms`,
  },
  'drill.failed': { reads: e => `The restore of the snapshot ${e.what} failed`, outcome: 'failed' },
  'recovery.objective_changed': { reads: e => `${e.who} changed the recovery objective of tier ${e.what}` },
  'recovery.completed': { reads: e => `The console was rebuilt from the snapshot ${e.what}` },
});
type RecoveryEvent = keyof typeof events;

export const recoveryEvent = (
  type: RecoveryEvent,
  id: string,
  detail: { [key: string]: Json } = {},
  jobs?: JobRequest[],
): CommitEvent => ({
  type,
  target: { kind: type === 'recovery.objective_changed' ? 'recovery_objective' : 'snapshot', id },
  detail,
  topics: [{ topic: recoveryTopic, key: id }],
  ...(jobs ? { jobs } : {}),
});
