import { defineControl } from '#kernel/controls/define.ts';
import { declareControls } from '#kernel/controls/registry.ts';
import { unapproved, withoutSnapshot } from './service/audit.ts';

/** Looks at what ran, not at what the code says. */
export const riskyApproved = defineControl({
  id: 'P3.risky_actions_approved',
  policy: 'P3',
  system: 'actions',
  title: 'No action of high risk changed anything without a released approval',
  run: async ctx => {
    const { ran, found } = await unapproved(ctx);
    if (ran === 0) return { result: 'N/A', reason: 'Nothing of high risk was carried out yet' };
    return found.length === 0
      ? { result: 'PASS', reason: `${ran} executions of high risk, each with its approval` }
      : {
          result: 'FAIL',
          reason: `Carried out without an approval: ${found.slice(0, 5).join(', ')}`,
          evidence: found.slice(0, 20).map(id => `execution:${id}`),
        };
  },
});

export const snapshotFirst = defineControl({
  id: 'P7.snapshot_before_action',
  policy: 'P7',
  system: 'actions',
  title: 'The state before was kept and signed before any step was ordered, and what failed was taken back',
  run: async ctx => {
    const { ran, found, stuck } = await withoutSnapshot(ctx);
    if (ran === 0) return { result: 'N/A', reason: 'Nothing was carried out yet' };
    if (found.length > 0)
      return {
        result: 'FAIL',
        reason: `Ordered without a matching snapshot and manifest: ${found.slice(0, 5).join(', ')}`,
        evidence: found.slice(0, 20).map(id => `execution:${id}`),
      };
    if (stuck.length > 0)
      return {
        result: 'FAIL',
        reason: `Could not be wholly taken back: ${stuck.slice(0, 5).join(', ')}`,
        evidence: stuck.slice(0, 20).map(id => `execution:${id}`),
      };
    return { result: 'PASS', reason: `${ran} executions, each with its snapshot and signed manifest` };
  },
});

declareControls([riskyApproved, snapshotFirst]);
