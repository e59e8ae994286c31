import type { CommitEvent } from '#kernel/ledger/event.ts';

export const reportMade = (
  phase: string,
  detail: { digest: string; passed: number; failed: number; notBuilt: number },
): CommitEvent => ({
  type: 'report.made',
  target: { kind: 'phase', id: phase },
  detail,
  topics: [{ topic: 'reports', key: phase }],
});
