import type { CommandContext } from '#kernel/trpc/context.ts';
import { alreadySent, deniedByPolicy, noSuchProposal, tooOld } from '../errors.ts';
import { proposalEvent } from '../events.ts';
import { claimDispatch, dropClaim, findProposal, nameExecution } from '../store/decisions.ts';
import { isTriedFirst, requestRun } from './orchestrator.ts';

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
  const ask = {
    plan: found.plan,
    proposalId: found.id,
    evidence: [...new Set(rationale.flatMap(claim => claim.eventIds))].slice(0, 50),
  };
  const sent = ({ execId, state }: { execId: string; state: string }, dryRun: boolean) => ({
    proposalId: found.id,
    execId,
    dryRun,
    state,
    link: `/governance/executions/${execId}`,
  });
  // Trying it changes nothing, and uses nothing up: it may still be sent, or tried again.
  if (input.dryRun ?? (await isTriedFirst(ctx, found)))
    return sent(await requestRun(ctx, { ...ask, dryRun: true }), true);
  const of = { kind: 'proposal', id: found.id, tenantId: found.tenantId } as const;
  const about = { title: found.title, plan: found.planHash, decision: found.decisionId };
  const within = { tenantId: found.tenantId };
  // Claimed first: of two who send it at once, one is refused before anything is asked of the orchestrator.
  await ctx.commit(
    proposalEvent('proposal.claimed', of, about),
    async tx => {
      const first = await claimDispatch(tx, {
        proposalId: found.id,
        tenantId: found.tenantId,
        at: now,
        by: ctx.principal.name,
        dimension: riskDelta.dimension,
        predicted: riskDelta.before - riskDelta.after,
      });
      if (!first) throw alreadySent('');
    },
    within,
  );
  try {
    const run = await requestRun(ctx, { ...ask, dryRun: false });
    await ctx.commit(
      proposalEvent('proposal.sent', of, { ...about, execution: run.execId }),
      tx => nameExecution(tx, found.id, run.execId),
      within,
    );
    return sent(run, false);
  } catch (error) {
    await ctx.commit(
      proposalEvent('proposal.send_refused', of, about),
      tx => dropClaim(tx, found.id),
      within,
    );
    throw error;
  }
}
