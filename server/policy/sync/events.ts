import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

export const syncTopic = 'policySync';

export const syncEvent = (
  type: 'policy_sync.checked' | 'policy_sync.rolled_back',
  id: string,
  detail: { [key: string]: Json },
): CommitEvent => ({
  type,
  target: { kind: 'policy_sync', id },
  detail,
  topics: [{ topic: syncTopic, key: id }],
});
