import type { CommandContext } from '#kernel/trpc/context.ts';
import { followBack, streamPairs } from '#server/federation/replication/service.ts';
import { failoverEvent } from '../events.ts';
import { findOrder, type WriteRow } from '../store.ts';
import { fencingOf } from './gateways.ts';

/**
 * A region without the right to write answers: its fence is closed before anything else, then it follows whoever writes
 * now. Its lease lapsed long ago; the fence makes that last, whatever becomes of its clock.
 */
export async function rejoin(ctx: CommandContext, row: WriteRow): Promise<void> {
  const gateway = fencingOf(ctx, row.simulated);
  const lease = await gateway.lease(row.region);
  if (lease && lease.epoch < row.epoch && lease.fence < row.epoch) {
    await gateway.fence(row.region, row.epoch);
    await ctx.commit(failoverEvent('failover.rejoined', row.region, { epoch: row.epoch }), async () => {});
  }
  // Also one that failed once the right had moved: whoever lost it follows all the same.
  const last = await findOrder(ctx.db, row.region, row.epoch);
  if (!last || last.state === 'running') return;
  const waiting = (await streamPairs(ctx)).some(
    p => p.from === last.to && p.to === row.region && p.state === 'detached',
  );
  if (!waiting) return;
  for (const stream of last.facts.streams) await followBack(ctx, stream);
}
