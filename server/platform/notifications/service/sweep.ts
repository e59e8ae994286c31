import { gauge } from '#kernel/metrics/metrics.ts';
import { forgetBefore } from '#kernel/policy/retention.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { retireJob } from '../request.ts';
import { retirePayload } from '../schema.ts';
import { oldestUndelivered, pruneCallbacks, selectOverdue } from '../store/deliveries.ts';
import { pruneMessages, selectExpired } from '../store/messages.ts';
import { retireMessages } from './accept.ts';
import { type DeliverOptions, deliver } from './deliver.ts';

const oldest = gauge(
  'notifications_oldest_undelivered_seconds',
  'Age of the oldest delivery that is not settled',
);
const atOnce = 4;
const dayMs = 86_400_000;
/** A callback older than its five minutes is refused anyway. */
const callbacksKeptDays = 1;

/** Picks up what a worker that died left behind, and settles what has run out of time. */
export async function sweep(ctx: CommandContext, options: DeliverOptions = {}): Promise<void> {
  const now = ctx.clock.now();
  for (const { groupKey } of await selectExpired(ctx.db, now))
    await retireMessages(ctx, retirePayload.parse(retireJob(groupKey, 'expired').payload));
  const overdue = await selectOverdue(ctx.db, now);
  for (let i = 0; i < overdue.length && !options.signal?.aborted; i += atOnce)
    await Promise.all(overdue.slice(i, i + atOnce).map(({ id }) => deliver(ctx, id, options)));
  oldest.set(await oldestUndelivered(ctx.db, now));
  const messages = await forgetBefore(ctx, 'notifications');
  await ctx.database.write(ctx.scope, async tx => {
    await pruneCallbacks(tx, new Date(now.getTime() - callbacksKeptDays * dayMs));
    await pruneMessages(tx, messages);
  });
}
