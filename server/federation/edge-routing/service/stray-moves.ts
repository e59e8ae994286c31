import { againWords, askedJob } from '#kernel/jobs/asked.ts';
import { redactText } from '#kernel/redact/redact.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import type { TenantMove } from '../schema/move.ts';
import { selectRunningMoves } from '../store/moves.ts';
import { endMove, moveJobKey, runMove } from './move.ts';

/**
 * A move whose job gave up, or was taken away, keeps every other one of its tenant away: it ends with the reason. Where the
 * home was switched already it is carried to its end.
 */
export async function endStrayMoves(ctx: CommandContext): Promise<void> {
  const failures: unknown[] = [];
  for (const move of await selectRunningMoves(ctx.ownWrites()))
    try {
      await tend(ctx, move);
    } catch (error) {
      // One that cannot be ended now keeps none of the others from it.
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
}

async function tend(ctx: CommandContext, move: TenantMove): Promise<void> {
  const job = await askedJob(ctx.database, moveJobKey(move.id));
  if (job?.lives) return;
  const { homeRegion } = await readTenant({ ...ctx, db: ctx.ownWrites() }, move.tenantId);
  if (homeRegion === move.to) return runMove(ctx, move.id);
  const why = job
    ? `${againWords.gave_up}${job.lastError ? `, the last time: ${redactText(job.lastError)}` : ''}`
    : againWords.taken_away;
  const message = `Nobody carries it on: ${why}. The home is still ${homeRegion}; it can be asked for again.`;
  const step = move.steps.find(s => s.state === 'running');
  if (step) Object.assign(step, { state: 'failed', said: message });
  await endMove(ctx, move, message);
}
