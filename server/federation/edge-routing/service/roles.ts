import { log } from '#kernel/log/log.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { streamPairs } from '#server/federation/replication/service.ts';
import { failoverEvent } from '../events.ts';
import { against, joinedRegions } from '../rules/roles.ts';
import type { Found } from '../schema.ts';
import {
  confirmRoles,
  doubtRole,
  saveFound,
  selectRunning,
  selectWrites,
  type WriteRow,
  writesNow,
} from '../store.ts';
import { fencingOf, type Reaching } from './gateways.ts';

/** What a region itself says of the right to write. */
export async function foundAt(ctx: Reaching, row: Pick<WriteRow, 'region' | 'simulated'>): Promise<Found> {
  const at = ctx.clock.now().toISOString();
  try {
    return { at, answers: true, ...(await fencingOf(ctx, row.simulated).word(row.region)) };
  } catch (error) {
    if (!(error instanceof RegionUnreachable))
      log().warn({ event: 'failover.role_not_read', region: row.region, error });
    const nothing = { fence: 0, leaseEpoch: null, holds: false, renewedAt: null, writtenAt: null };
    return { at, answers: false, ...nothing, lsn: null, follows: [] };
  }
}

/**
 * After the console was rebuilt no role is known. Where every region that streams join answers, and says nothing that the
 * console does not know of, the roles are what they were; anything else is for people.
 */
export async function settleRoles(ctx: CommandContext): Promise<void> {
  const open = (await selectWrites(ctx.ownWrites())).filter(row => row.unknownSince !== null);
  if (open.length === 0) return;
  const words = new Map(
    await Promise.all(open.map(async row => [row.region, await foundAt(ctx, row)] as const)),
  );
  for (const [region, found] of words) await saveFound(ctx.database, region, found);
  const busy = (await selectRunning(ctx.ownWrites())).flatMap(run => [run.from, run.to]);
  const pairs = (await streamPairs(ctx)).filter(p => p.state !== 'retired');
  const rows = new Map(open.map(row => [row.region, row]));
  for (const group of joinedRegions([...rows.keys()], pairs)) {
    if (group.some(region => busy.includes(region))) continue;
    const agreed = group.every(region => {
      const row = rows.get(region);
      return row && against(row, words.get(region) ?? null) === null;
    });
    if (agreed)
      await ctx.commit(failoverEvent('failover.roles_confirmed', group[0] ?? '', { regions: group }), tx =>
        confirmRoles(tx, group),
      );
  }
}

/** A renewal was refused: where the region knows of a later epoch, somebody else gave the right away meanwhile. */
export async function doubt(ctx: CommandContext, row: WriteRow): Promise<void> {
  const found = await foundAt(ctx, row);
  if (!found.answers || Math.max(found.fence, found.leaseEpoch ?? 0) <= row.epoch) return;
  const now = await writesNow(ctx.database, row.region);
  // A failover that began meanwhile has closed the fence itself.
  if (!now?.writes || now.fencing || now.unknownSince !== null || now.epoch !== row.epoch) return;
  const reason = against(now, found) ?? '';
  await ctx.commit(failoverEvent('failover.roles_doubted', row.region, { reason }), tx =>
    doubtRole(tx, row.region, ctx.clock.now()),
  );
  await saveFound(ctx.database, row.region, found);
}
