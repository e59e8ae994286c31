import { decideInForce } from '#kernel/policy/in-force.ts';
import { questionsOf, whyAgainst } from '../rules/assess.ts';
import type { Execution } from '../store/executions.ts';
import { historyOf } from './assess.ts';
import type { From } from './drivers.ts';

/** A policy that was tightened since it was asked for counts, and so does a replay that ended since. */
export async function whyDenied(from: From, row: Execution): Promise<string | null> {
  const against = (await historyOf(from, row.plan)).filter(({ mode }) => mode === 'approve');
  if (row.policyId === null && against.length > 0)
    return `${against.map(whyAgainst).join(' ')} Ask again, so that people are asked.`;
  // What was done already is not asked about any more.
  const left = questionsOf(row.plan, aroundOf(row), row.tier).slice(row.step);
  for (const question of left) {
    const decision = await decideInForce(from, 'autonomy', question);
    if (decision?.effect === 'deny') return `An autonomy policy denies it now. ${decision.reasons.join(' ')}`;
    // Before the snapshots nobody knows how large a change is; what is asked without that could be another question.
    const known = row.steps.every(step => step.snapshot !== null);
    if (known && decision?.effect === 'approve' && row.policyId === null)
      return `An autonomy policy leaves it to people now. ${decision.reasons.join(' ')} Ask again, so that they are asked.`;
  }
  return null;
}

const aroundOf = ({ tenantId, environment, steps }: Execution) => ({
  tenant: { id: tenantId, environment, tier: '' },
  found: steps.map(step => step.snapshot),
  targetsOfTenant: 1,
  tenants: 1,
});
