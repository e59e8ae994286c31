import type { CommandContext } from '#kernel/trpc/context.ts';
import { alreadySent, deniedByPolicy, noSuchProposal, tooOld } from '../errors.ts';
import { proposalEvent } from '../events.ts';
import { findProposal, insertDispatch } from '../store/decisions.ts';
import { requestRun } from './orchestrator.ts';

/** What it was founded on may have changed since; a new question costs a blink. */
const goodForMinutes = 30;

/** Hands a proposal's plan to the orchestrator, exactly as it was proposed. Everything that guards an execution happens there. */
export async function sendToExecution(
  ctx: CommandContext,
  input: { id: string; dryRun?: boolean | undefined },
) {
  const found = await findProposal(ctx.db, input.id);
  if (!found) throw noSuchProposal(input.id);
  if (found.execId !== null) throw alreadySent(found.execId);
  const now = ctx.clock.now();
  if (now.getTime() - Date.parse(found.at) > goodForMinutes * 60_000) throw tooOld(goodForMinutes);
  const { requiredApprovals, riskDelta, rationale } = found.body;
  if (requiredApprovals.denied) throw deniedByPolicy(requiredApprovals.reasons);
  const { execId, state } = await requestRun(ctx, {
    plan: found.plan,
    ...(input.dryRun === undefined ? {} : { dryRun: input.dryRun }),
    proposalId: found.id,
    evidence: [...new Set(rationale.flatMap(claim => claim.eventIds))].slice(0, 50),
  });
  await ctx.commit(
    proposalEvent(
      'proposal.sent',
      { kind: 'proposal', id: found.id, tenantId: found.tenantId },
      { title: found.title, execution: execId, plan: found.planHash, decision: found.decisionId },
    ),
    async tx => {
      const first = await insertDispatch(tx, {
        proposalId: found.id,
        tenantId: found.tenantId,
        execId,
        at: now,
        by: ctx.principal.name,
        dimension: riskDelta.dimension,
        predicted: riskDelta.before - riskDelta.after,
      });
      if (!first) throw alreadySent(execId);
    },
    { tenantId: found.tenantId },
  );
  return { proposalId: found.id, execId, state, link: `/governance/executions/${execId}` };
}
