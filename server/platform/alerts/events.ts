import type { CommitEvent } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

const events = declareEvents('alerts', {
  'policy.violated': {
    reads: e => `Policy ${e.said('policy')} is violated, control ${e.what} says`,
    outcome: 'failed',
  },
  'policy.restored': { reads: e => `Policy ${e.said('policy')} is kept again, control ${e.what} says` },
  'policy.checked': {
    reads: e =>
      e.said('failed') === '0'
        ? 'Every control was run and none failed'
        : `Every control was run and ${e.said('failed') || 'some'} failed`,
    outcome: 'noted',
    routine: true,
  },
});

export const policyEvent = (
  type: keyof typeof events,
  control: string,
  detail: { policy?: string; reason?: string; failed?: number },
): CommitEvent => ({
  type,
  target: { kind: 'control', id: control },
  detail: Object.fromEntries(Object.entries(detail).filter(([, v]) => v !== undefined)),
  topics: [{ topic: 'alerts', key: control }],
});
