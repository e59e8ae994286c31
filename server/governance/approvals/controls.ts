import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { unfoundedReleases } from './service/audit.ts';

/** Looks at what ran, not at what the code says: each release needs the decisions that carried it. */
export const releasedByDecision = defineControl({
  id: 'P3.released_by_decision',
  policy: 'P3',
  system: 'approvals',
  title: 'Nothing was released without a decision by somebody other than the requester',
  run: async ctx => {
    const { released, unfounded } = await unfoundedReleases(ctx.database, ctx.clock);
    if (released === 0) return { result: 'N/A', reason: 'No approval was released yet' };
    return unfounded.length === 0
      ? { result: 'PASS', reason: `${released} releases, each with its decisions` }
      : {
          result: 'FAIL',
          reason: `Released without a decision: ${unfounded.slice(0, 5).join(', ')}`,
          evidence: unfounded.slice(0, 20).map(id => `approval:${id}`),
        };
  },
});

declareControls([releasedByDecision]);
