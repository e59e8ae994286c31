import { askedJob } from '#kernel/jobs/asked.ts';
import { redactText } from '#kernel/redact/redact.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { failoverEvent } from '../events.ts';
import { findRun, selectRuns } from '../store.ts';

export const failoverJob = (id: string) => ({
  ...{ task: 'edge_routing.failover', key: `failover:${id}`, payload: { id }, maxAttempts: 25 },
});

/**
 * A failover is never left half-way: the old writer is fenced, nobody else may write, and no other one can be ordered. Where
 * its job gave up or was taken away it is asked for again, and goes on where it stood.
 */
export async function resumeFailovers(ctx: CommandContext): Promise<void> {
  for (const { id, state, dry } of await selectRuns(ctx.ownWrites(), 20)) {
    if (state !== 'running' || dry) continue;
    const job = await askedJob(ctx.database, failoverJob(id).key);
    if (job?.lives) continue;
    // It may have come to its end between the two looks.
    const run = await findRun(ctx.ownWrites(), id);
    if (run?.state !== 'running') continue;
    const reason = job
      ? `it was tried as often as it may be${job.lastError ? `, the last time: ${redactText(job.lastError)}` : ''}`
      : 'its job was taken away';
    await ctx.commit(
      failoverEvent('failover.resumed', run.from, { from: run.from, to: run.to, run: id, reason }, [
        failoverJob(id),
      ]),
      async () => {},
    );
  }
}
