import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { reattachStream } from '#server/federation/replication/service.ts';
import { type StoredRun, selectNewestOfPairs, writesNow } from '../store.ts';
import { fencingOf } from './gateways.ts';
import { keepLease } from './leases.ts';

/** Whoever has the right to write after a failover that ended early writes at once, where it answers; its streams go on. */
export async function giveBack(ctx: CommandContext, run: StoredRun): Promise<void> {
  try {
    const { clock } = await fencingOf(ctx, run.simulated).now(run.from);
    await keepLease(ctx, run.from, clock);
  } catch (error) {
    if (!(error instanceof RegionUnreachable)) throw error;
  }
  await putBack(ctx, run);
}

/** What a failover cut before it failed is put back where it can be, as often as it takes. */
export async function putStreamsBack(ctx: CommandContext): Promise<void> {
  for (const run of await selectNewestOfPairs(ctx.ownWrites()))
    if (run.state === 'failed') await putBack(ctx, run);
}

async function putBack(ctx: CommandContext, run: StoredRun): Promise<void> {
  const may = async () => {
    const held = await writesNow(ctx.database, run.from);
    return held?.writes === true && !held.fencing && held.unknownSince === null;
  };
  if (!(await may())) return;
  for (const stream of run.facts.streams) await reattachStream(ctx, stream, may);
}
