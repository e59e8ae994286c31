import type { CommitEvent } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

declareEvents('environment', {
  'environment.prechecked': {
    reads: e => `The precheck of phase ${e.what} said ${e.said('decision')}`,
    outcome: 'noted',
    routine: true,
  },
});

export const prechecked = (phase: string, decision: string, gaps: string[]): CommitEvent => ({
  type: 'environment.prechecked',
  target: { kind: 'phase', id: phase },
  detail: { decision, gaps },
  topics: [{ topic: 'environment', key: phase }],
});
