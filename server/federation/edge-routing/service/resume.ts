import { againWords, askedJob, whyAgain } from '#kernel/jobs/asked.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { failoverEvent } from '../events.ts';
import { findRun, selectRunning } from '../store.ts';

export const failoverJob = (id: string) => ({
  ...{ task: 'edge_routing.failover', key: `failover:${id}`, payload: { id }, maxAttempts: 25 },
});

/** Nobody may write meanwhile: the target is asked again soon after it may be there again. */
const longestSleepMs = 60_000;
/** Somebody who could write waits for that. */
const sleepOfSilentMs = 5_000;

/**
 * A failover is never left half-way: the old writer is fenced, nobody else may write, and no other one can be ordered. Where
 * its job gave up, was taken away or sleeps for long, it is asked for again, and goes on where it stood.
 */
export async function resumeFailovers(ctx: CommandContext): Promise<void> {
  for (const { id, facts } of await selectRunning(ctx.ownWrites())) {
    const job = failoverJob(id);
    const why = whyAgain(
      await askedJob(ctx.database, job.key),
      ctx.clock.now(),
      facts.silentSince ? sleepOfSilentMs : longestSleepMs,
    );
    // It may have come to its end between the two looks.
    const run = why && (await findRun(ctx.ownWrites(), id));
    if (!why || run?.state !== 'running') continue;
    const type = why === 'sleeps' ? 'failover.tried_again' : 'failover.resumed';
    const detail = { from: run.from, to: run.to, run: id, reason: againWords[why] };
    await ctx.commit(failoverEvent(type, run.from, detail, [job]), async () => {});
  }
}
