import { irreversible } from '#kernel/actions/plan.ts';
import type { ApprovalQuestion, StoredCall } from '#kernel/approvals/port.ts';
import { declareSubjects } from '#kernel/approvals/subjects.ts';
import { stepWords } from '../rules/assess.ts';
import type { Origin } from '../schema.ts';
import { type Execution, findExecution } from '../store/executions.ts';

/** What an approval sets free. */
export const runCall = (id: string): StoredCall => ({ procedure: 'actions.run', input: { exec_id: id } });

/**
 * What people are asked. `versions` are those of the targets: when it is asked, as they were when it was planned; at the
 * release, as they are then. A target that moved in between gives another digest, and the approval is void.
 */
export function questionOf(row: Execution, versions: readonly string[]): ApprovalQuestion {
  const { assessment } = row;
  const final = row.plan.steps.filter(step => irreversible.has(step.action));
  return {
    title: row.title,
    subject: { kind: 'execution', id: row.id },
    scope: {
      tenantId: row.tenantId,
      target: { planHash: row.planHash, versions: [...versions] },
      ...(assessment.blast.global ? { global: true as const } : {}),
    },
    facts: { needed: true },
    plan: [
      'Lock the targets, keep their state, sign what will be done, and look at it in a dry run',
      ...row.plan.steps.map(stepWords),
      final.length === 0
        ? 'Look whether it worked, and take everything back where it did not'
        : `Look whether it worked. Nothing brings back: ${final.map(stepWords).join(', ')}`,
    ],
    change: changeOf(row, versions),
    blast: assessment.blast.words,
    ...(row.origin.evidence?.length ? { reason: foundedOn(row.origin, row.origin.evidence) } : {}),
    ...estimates(row),
    ...(row.simulated ? { simulated: true as const } : {}),
  };
}

function foundedOn({ kind }: Origin, { length }: readonly string[]): string {
  const events = length === 1 ? 'one event' : `${length} events`;
  return kind === 'proposal'
    ? `Proposed on the evidence of ${events}, which the proposal names`
    : `Asked for on the evidence of ${events}, which its requester names`;
}

/** Each target as it is known now, beside what is to be done to it. */
function changeOf(row: Execution, versions: readonly string[]): ApprovalQuestion['change'] {
  const before: { [target: string]: string } = {};
  const after: { [target: string]: string } = {};
  for (const [n, step] of row.plan.steps.entries()) {
    const words = stepWords(step);
    before[step.target] ??= `version ${versions[n] ?? 'unknown'}`;
    after[step.target] = after[step.target] ? `${after[step.target]}, then ${words}` : words;
  }
  return { before, after };
}

function estimates({ assessment: { predicted } }: Execution): Pick<ApprovalQuestion, 'risk' | 'cost'> {
  const { risk, cost } = predicted ?? {};
  return {
    ...(risk ? { risk } : {}),
    ...(cost
      ? {
          cost: {
            perDay: cost.perDay,
            currency: cost.currency,
            margin: Math.round((Math.max(cost.high - cost.perDay, cost.perDay - cost.low) || 0) * 100) / 100,
          },
        }
      : {}),
  };
}

declareSubjects('execution', async (ctx, id) => {
  const row = await findExecution(ctx.db, id);
  if (row?.state !== 'waiting' || row.policyId === null) return null;
  return { policy: row.policyId, call: runCall(row.id), question: questionOf(row, row.versions) };
});
