import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const costTopic = 'costs';

const events = declareEvents('costs', {
  'cost.imported': { reads: e => `${e.who} brought in ${e.said('added')} charges of ${e.said('source')}` },
  'cost.budget_set': {
    reads: e =>
      `${e.who} set the budget “${e.said('name')}” of ${e.tenant} to ${e.said('amount')} ${e.said('currency')}`,
  },
  'cost.budget_removed': { reads: e => `${e.who} removed the budget “${e.said('name')}” of ${e.tenant}` },
  'cost.budget_passed': {
    reads: e =>
      `The budget “${e.said('name')}” of ${e.tenant} passed ${e.said('threshold')} % (${e.said('kind')})`,
    outcome: 'noted',
  },
  'cost.predicted': {
    reads: e => `The console noted what ${e.said('count')} predictions of cost say`,
    outcome: 'noted',
    routine: true,
  },
  'cost.realised': {
    reads: e => `The console compared ${e.said('count')} predictions of cost with what was spent`,
    outcome: 'noted',
    routine: true,
  },
});
type CostEvent = keyof typeof events;

export const costEvent = (
  type: CostEvent,
  target: { kind: 'import' | 'budget' | 'cost'; id: string },
  detail: { [key: string]: Json } = {},
  more: { tenantId?: string; jobs?: JobRequest[] } = {},
): CommitEvent => ({ type, target, detail, topics: [{ topic: costTopic, key: target.id }], ...more });
