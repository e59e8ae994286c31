import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { dayMs } from './rules/days.ts';
import { countOverdue } from './store/predictions.ts';
import { newestDay } from './store/rows.ts';

export const freshBills = defineControl({
  id: 'P6.cost_fresh',
  policy: 'P6',
  system: 'costs',
  title: 'The newest charge is at most three days old',
  phases: ['H.4'],
  run: async ctx => {
    const newest = await newestDay(ctx.db);
    if (newest === null) return { result: 'N/A', reason: 'No bill was ever brought in' };
    const days = (ctx.clock.now().getTime() - Date.parse(newest)) / dayMs;
    const reason = `The newest charge began ${days.toFixed(1)} days ago`;
    return days <= 3 ? { result: 'PASS', reason } : { result: 'FAIL', reason };
  },
});

export const comparedPredictions = defineControl({
  id: 'P4.cost_compared',
  policy: 'P4',
  system: 'costs',
  title: 'What was said to cost is compared with what it cost',
  phases: ['H.4'],
  run: async ctx => {
    const overdue = await countOverdue(ctx.db, new Date(ctx.clock.now().getTime() - 3 * dayMs));
    return overdue === 0
      ? { result: 'PASS', reason: 'No comparison is more than three days late' }
      : { result: 'FAIL', reason: `${overdue} comparisons are more than three days late` };
  },
});

declareControls([freshBills, comparedPredictions]);
