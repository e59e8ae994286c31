import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { findUncited, findUnexplained, inferenceQuantile } from './store/checks.ts';

const day = 86_400_000;

export const everyClaimCited = defineControl({
  id: 'P4.reasoning_logged',
  policy: 'P4',
  system: 'proposals',
  title: 'Every answer keeps its trace and confidence, and every claim of a proposal the events it stands on',
  phases: ['H.4'],
  run: async ctx => {
    const since = new Date(ctx.clock.now().getTime() - day);
    const [{ total, unexplained }, uncited] = await Promise.all([
      findUnexplained(ctx.db, since),
      findUncited(ctx.db, since),
    ]);
    if (total === 0) return { result: 'N/A', reason: 'No proposal was asked for within a day.' };
    const bad = [...unexplained, ...uncited];
    return bad.length === 0
      ? {
          result: 'PASS',
          reason: `${total} answers of the last day have a trace, and all their claims cite events.`,
        }
      : {
          result: 'FAIL',
          reason: `${bad.length} answers lack a trace or cite nothing.`,
          evidence: bad.slice(0, 20),
        };
  },
});

const budgetMs = 800;

export const inferenceBudget = defineControl({
  id: 'P6.governance_inference',
  policy: 'P6',
  system: 'proposals',
  title: `Proposals are answered within ${budgetMs} ms (p95)`,
  phases: ['H.4'],
  run: async ctx => {
    const { answers, p95 } = await inferenceQuantile(ctx.db, new Date(ctx.clock.now().getTime() - day));
    if (p95 === null || answers === 0)
      return { result: 'N/A', reason: 'No proposal was asked for within a day.' };
    const reason = `The p95 of ${answers} answers is ${Math.round(p95)} ms; ${budgetMs} ms are allowed.`;
    return { result: p95 <= budgetMs ? 'PASS' : 'FAIL', reason };
  },
});

declareControls([everyClaimCited, inferenceBudget]);
