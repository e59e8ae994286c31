import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

export const policyTopic = 'policies';
export const rolloutTopic = 'rollouts';

export type PolicyEvent =
  | 'policy.drafted'
  | 'policy.draft_discarded'
  | 'policy.published'
  | 'policy.staged'
  | 'policy.activated'
  | 'policy.withdrawn'
  | 'policy.revoking'
  | 'policy.revoked'
  | 'policy.keys_published';

export const policyEvent = (
  type: PolicyEvent,
  policy: { id: string; tenantId: string | null },
  detail: { [key: string]: Json },
  rollout?: string,
): CommitEvent => ({
  type,
  target: { kind: 'policy', id: policy.id },
  ...(policy.tenantId === null ? {} : { tenantId: policy.tenantId }),
  detail,
  topics: [
    { topic: policyTopic, key: policy.id },
    ...(rollout ? [{ topic: rolloutTopic, key: rollout }] : []),
  ],
});
