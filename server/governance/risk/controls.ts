import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { staleAfterSeconds } from './schema.ts';
import { newestScoreAt, unexplainedScores } from './store/risks.ts';

/** P4 asks that what the console decides by can be explained: a score above zero names its reasons. */
export const explained = defineControl({
  id: 'P4.risk_explained',
  policy: 'P4',
  system: 'risks',
  title: 'Every risk score above zero names what it is made of',
  phases: ['H.4'],
  run: async ctx => {
    const since = new Date(ctx.clock.now().getTime() - 24 * 3_600_000);
    const { scores, unexplained } = await unexplainedScores(ctx.db, since);
    if (scores === 0) return { result: 'N/A', reason: 'Nothing was scored within a day' };
    return unexplained === 0
      ? { result: 'PASS', reason: `${scores} scores of the last day name their contributions` }
      : { result: 'FAIL', reason: `${unexplained} of ${scores} scores of the last day name none` };
  },
});

export const current = defineControl({
  id: 'P4.risk_current',
  policy: 'P4',
  system: 'risks',
  title: 'Tenants are scored all the time',
  phases: ['H.4'],
  run: async ctx => {
    const at = await newestScoreAt(ctx.db);
    if (at === null) return { result: 'BLOCKED', reason: 'No tenant has been scored yet' };
    const age = Math.max(0, Math.round((ctx.clock.now().getTime() - Date.parse(at)) / 1000));
    return age <= staleAfterSeconds
      ? { result: 'PASS', reason: `The newest score is ${age} s old` }
      : {
          result: 'FAIL',
          reason: `The newest score is ${age} s old, and says nothing after ${staleAfterSeconds} s`,
        };
  },
});

declareControls([explained, current]);
