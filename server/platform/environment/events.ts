import type { CommitEvent } from '#kernel/ledger/event.ts';

export const prechecked = (phase: string, decision: string, gaps: string[]): CommitEvent => ({
  type: 'environment.prechecked',
  target: { kind: 'phase', id: phase },
  detail: { decision, gaps },
  topics: [{ topic: 'environment', key: phase }],
});
