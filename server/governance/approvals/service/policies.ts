import { type ApprovalPolicyDeclaration, approvalPolicies } from '#kernel/approvals/policy.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchPolicy, stalePolicy, unknownPeople } from '../errors.ts';
import { approvalEvent } from '../events.ts';
import { step } from '../rules/machine.ts';
import { inWordsOf, leavesOf } from '../rules/quorum.ts';
import type { PolicyRow, Terms } from '../schema.ts';
import { selectVoters } from '../store/people.ts';
import { type EditedTerms, findEdited, insertTerms, selectEdited } from '../store/policies.ts';
import { lockOpenOfPolicy, lockRequest, type RequestRow, saveCase } from '../store/requests.ts';
import { caseOf } from './case.ts';
import { retired, tellRequester } from './messages.ts';

function rowOf(policy: ApprovalPolicyDeclaration, edited: EditedTerms | undefined): PolicyRow {
  const terms = edited?.terms ?? policy.terms;
  return {
    id: policy.id,
    title: policy.title,
    procedures: [...policy.procedures],
    when: policy.asked,
    version: edited?.version ?? 1,
    terms,
    needs: inWordsOf(terms.expression),
    changedBy: edited?.changedBy ?? null,
    changedAt: edited?.changedAt ?? null,
  };
}

export async function listPolicies(ctx: ReadContext): Promise<{ rows: PolicyRow[] }> {
  const edited = new Map((await selectEdited(ctx.db)).map(row => [row.id, row]));
  return { rows: approvalPolicies().map(policy => rowOf(policy, edited.get(policy.id))) };
}

/** The version is part of every digest: what waits under the old terms is void, and says so. */
export async function updatePolicy(
  ctx: CommandContext,
  input: { id: string; version: number; terms: Terms; reason: string },
): Promise<PolicyRow> {
  const policy = approvalPolicies().find(p => p.id === input.id);
  if (!policy) throw noSuchPolicy(input.id);
  const before = await findEdited(ctx.db, input.id);
  if ((before?.version ?? 1) !== input.version) throw stalePolicy();
  await knowEverybody(ctx, input.terms);
  const now = ctx.clock.now();
  const version = input.version + 1;
  await ctx.commit(
    (voided: RequestRow[]) =>
      approvalEvent(
        'approval.policy_changed',
        { id: input.id },
        {
          version,
          reason: input.reason,
          from: (before?.terms ?? policy.terms) as unknown as Json,
          to: input.terms as unknown as Json,
          voided: voided.map(row => row.id),
        },
        voided.flatMap(row => [retired(row, 'decided'), ...tellRequester(row, 'Void, the policy changed')]),
        'approval_policy',
      ),
    async tx => {
      const { id, terms, reason } = input;
      if (
        !(await insertTerms(tx, {
          id,
          version,
          terms,
          reason,
          changedBy: ctx.principal.name,
          changedAt: now,
        }))
      )
        throw stalePolicy();
      const voided: RequestRow[] = [];
      for (const open of await lockOpenOfPolicy(tx, input.id)) {
        const row = await lockRequest(tx, open);
        const result = row && step(caseOf(row), { do: 'void' }, now.getTime());
        if (!row || !result?.ok) continue;
        await saveCase(
          tx,
          open,
          row.state,
          result.next,
          'The policy was changed; ask again under the new terms',
        );
        voided.push(row);
      }
      return voided;
    },
  );
  return rowOf(policy, (await findEdited(ctx.db, input.id)) ?? undefined);
}

async function knowEverybody(ctx: ReadContext, terms: Terms): Promise<void> {
  const known = new Set((await selectVoters(ctx.db)).flatMap(voter => [voter.name, voter.id]));
  const roles = ['admin', 'operator', 'approver', 'auditor', 'service'];
  const named = [
    ...leavesOf(terms.expression).flatMap(leaf => ('users' in leaf ? leaf.users : [])),
    ...(terms.breakGlass?.users ?? []),
    ...terms.escalateTo.filter(name => !roles.includes(name)),
  ];
  const unknown = [...new Set(named.filter(name => !known.has(name)))];
  if (unknown.length > 0) throw unknownPeople(unknown);
}
