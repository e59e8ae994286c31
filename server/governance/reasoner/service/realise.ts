import type { CommandContext } from '#kernel/trpc/context.ts';
import { latestRisk } from '#server/governance/risk/service.ts';
import { proposalEvent } from '../events.ts';
import type { OpenDispatch } from '../store/enrichment.ts';
import { selectOpenDispatches, settleDispatch } from '../store/enrichment.ts';
import { endedRun } from './orchestrator.ts';

/** A score needs a while to follow what really happened. */
const settleMinutes = 5;
const lookBackDays = 7;

/** What was predicted beside what the score did, once an execution is over. Returns how many were measured. */
export async function measureRealised(ctx: CommandContext): Promise<number> {
  const now = ctx.clock.now();
  const open = await selectOpenDispatches(ctx.db, new Date(now.getTime() - lookBackDays * 86_400_000));
  let measured = 0;
  for (const dispatch of open) {
    const run = await endedRun(ctx, dispatch.execId);
    if (!run || now.getTime() - Date.parse(run.at) < settleMinutes * 60_000) continue;
    const realised = run.changed ? await fallOf(ctx, dispatch) : null;
    await ctx.commit(
      proposalEvent(
        'proposal.realised',
        { kind: 'proposal', id: dispatch.proposalId, tenantId: dispatch.tenantId },
        {
          predicted: round(dispatch.predicted),
          realised: realised === null ? 'none' : round(realised),
          ended: run.ended,
        },
      ),
      async tx => {
        await settleDispatch(tx, dispatch.proposalId, { realised, ended: run.ended }, now);
      },
      { tenantId: dispatch.tenantId },
    );
    measured++;
  }
  if (measured === 0) ctx.unchanged();
  return measured;
}

async function fallOf(ctx: CommandContext, dispatch: OpenDispatch): Promise<number | null> {
  const after = await latestRisk(ctx, dispatch.tenantId, dispatch.service ?? undefined).catch(() => null);
  const score = after?.scores[dispatch.dimension as keyof typeof after.scores];
  return score === undefined ? null : round(dispatch.before - score);
}
const round = (value: number) => Math.round(value * 10) / 10;
