import type { CommitEvent } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

declareEvents('reports', {
  'report.made': {
    reads: e =>
      `${e.who} made the report of phase ${e.id}: ${e.said('passed') || '0'} requests passed, ${e.said('failed') || '0'} failed`,
  },
});

export const reportMade = (
  phase: string,
  detail: { digest: string; passed: number; failed: number; notBuilt: number },
): CommitEvent => ({
  type: 'report.made',
  target: { kind: 'phase', id: phase },
  detail,
  topics: [{ topic: 'reports', key: phase }],
});
