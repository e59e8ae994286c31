import { againWords, askedJob, whyAgain } from '#kernel/jobs/asked.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { replicationEvent } from '../events.ts';
import { findStream, selectStreams } from '../store/streams.ts';
import { carryJob } from './carry-job.ts';

/** A side that is away for long is asked some six times an hour. */
const longestSleepMs = 10 * 60_000;

/** What was ordered of a stream is carried out some time, also where its job gave up or came not back with the console. */
export async function resumeStreams(ctx: CommandContext): Promise<void> {
  for (const { id, pending } of await selectStreams(ctx.ownWrites())) {
    if (pending.length === 0) continue;
    const job = carryJob(id);
    const why = whyAgain(await askedJob(ctx.database, job.key ?? ''), ctx.clock.now(), longestSleepMs);
    // It may have been carried out between the two looks.
    const open = why && (await findStream(ctx.ownWrites(), id))?.pending[0];
    if (!why || !open) continue;
    const type = why === 'sleeps' ? 'replication.tried_again' : 'replication.resumed_order';
    await ctx.commit(
      replicationEvent(type, id, { task: open.do, reason: againWords[why] }, [job]),
      async () => {},
    );
  }
}
