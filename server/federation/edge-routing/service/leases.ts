import type { Database } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { gauge } from '#kernel/metrics/metrics.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { saveObservation, selectWrites, type WriteRow, writesNow } from '../store.ts';
import { fencingOf } from './gateways.ts';
import { rejoin } from './rejoin.ts';
import { doubt } from './roles.ts';

const holds = gauge('failover_write_lease_epoch', 'Epoch under which a region may write; 0 = it may not', [
  'region',
  'simulated',
]);

/** Well below a lease: after so long the next round begins, for whoever has had its turn. */
const roundMs = 1_500;

/** Turns that go on, by console and region. */
const turns = new WeakMap<Database, Map<string, Promise<void>>>();

/**
 * Renews every lease that may be renewed. A region that takes long, or refuses, keeps nobody else's lease waiting: its own
 * turn goes on beside the next rounds.
 */
export async function keepLeases(ctx: CommandContext): Promise<void> {
  const rows = await selectWrites(ctx.db);
  const going = turns.get(ctx.database) ?? new Map<string, Promise<void>>();
  turns.set(ctx.database, going);
  for (const row of rows) {
    if (going.has(row.region)) continue;
    const turn = turnOf(ctx, row)
      .catch(error => log().warn({ event: 'failover.lease_not_kept', region: row.region, error }))
      .finally(() => going.delete(row.region));
    going.set(row.region, turn);
  }
  let over: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>(resolve => {
    over = setTimeout(resolve, roundMs);
  });
  await Promise.race([Promise.all(going.values()), deadline]);
  clearTimeout(over);
}

async function turnOf(ctx: CommandContext, row: WriteRow): Promise<void> {
  const say = (up: boolean, said: string, lsn: string | null = null) =>
    saveObservation(
      ctx.database,
      { observer: 'console', region: row.region, up, said, lsn },
      ctx.clock.now(),
    );
  try {
    const { clock, lsn } = await fencingOf(ctx, row.simulated).now(row.region);
    await say(true, 'it answered', lsn);
    await keepLease(ctx, row.region, clock);
  } catch (error) {
    if (!(error instanceof RegionUnreachable)) throw error;
    await say(false, 'it does not answer');
  }
}

/** A renewal needs a reading of the region's clock that was taken before the table of roles was asked; see the gateway. */
export async function keepLease(ctx: CommandContext, region: string, clock: string): Promise<void> {
  const now = await writesNow(ctx.database, region);
  if (!now) return;
  const gateway = fencingOf(ctx, now.simulated);
  const may = now.writes && !now.fencing && now.unknownSince === null;
  holds.set({ region, simulated: String(now.simulated) }, may ? now.epoch : 0);
  if (may && !(await gateway.renew(region, now.epoch, clock))) await doubt(ctx, now);
  if (!now.writes && now.unknownSince === null) await rejoin(ctx, now);
}
