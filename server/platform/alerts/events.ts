import type { CommitEvent } from '#kernel/ledger/event.ts';

export const policyEvent = (
  type: 'policy.violated' | 'policy.restored' | 'policy.checked',
  control: string,
  detail: { policy?: string; reason?: string; failed?: number },
): CommitEvent => ({
  type,
  target: { kind: 'control', id: control },
  detail: Object.fromEntries(Object.entries(detail).filter(([, v]) => v !== undefined)),
  topics: [{ topic: 'alerts', key: control }],
});
