import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

declareEvents('policySync', {
  'sync.checked': {
    reads: e => `Relays and hub were compared: ${e.said('discrepancies') || 'no'} discrepancies`,
    outcome: 'noted',
    routine: true,
  },
});

export const syncTopic = 'policySync';

export const syncEvent = (
  type: 'sync.checked',
  id: string,
  detail: { [key: string]: Json },
): CommitEvent => ({
  type,
  target: { kind: 'policy_sync', id },
  detail,
  topics: [{ topic: syncTopic, key: id }],
});
