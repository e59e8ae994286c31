import { log } from '#kernel/log/log.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { streamPairs } from '#server/federation/replication/service.ts';
import { saveGuards, selectWrites } from '../store.ts';
import { fencingOf } from './gateways.ts';

/** Which tables of its streams a region would go on writing after it was fenced; a reading, for readiness. */
export async function lookAtGuards(ctx: CommandContext): Promise<void> {
  const [rows, pairs] = await Promise.all([selectWrites(ctx.db), streamPairs(ctx)]);
  await Promise.all(
    rows.map(async ({ region, simulated }) => {
      const tables = pairs.filter(p => p.from === region || p.to === region).flatMap(p => p.tables);
      try {
        const open = await fencingOf(ctx, simulated).unguarded(region, [...new Set(tables)].sort());
        await saveGuards(ctx.database, region, open, ctx.clock.now());
      } catch (error) {
        // Not known then, which readiness says; nobody else waits for it.
        if (!(error instanceof RegionUnreachable))
          log().warn({ event: 'failover.guards_not_read', region, error });
      }
    }),
  );
}
