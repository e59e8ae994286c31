import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { type Loop, startLoop } from '#kernel/jobs/loop.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { simulatedHeartbeats } from '#server/federation/regions/gateway.simulated.ts';
import { listeningSince } from '#server/federation/regions/rules/state.ts';
import { acceptHeartbeats } from '#server/federation/regions/service/heartbeat.ts';
import { settleRegions } from '#server/federation/regions/service/life.ts';

/** Looks at every region's silence twice a second, so that a loss is seen well within its schedule. */
export function watchRegions(database: Database, clock: Clock): Loop {
  let since = clock.now().getTime();
  let lastLook: number | null = null;
  return startLoop(
    'regions',
    500,
    async () => {
      const ctx = systemContext('regions.watch', database, clock);
      since = listeningSince(since, lastLook, clock.now().getTime());
      if (env().simulation) {
        const due = await simulatedHeartbeats.due(ctx);
        if (due.length > 0) await acceptHeartbeats(ctx, due);
      }
      // Heartbeats that took long to write are a gap, too.
      since = listeningSince(since, lastLook, clock.now().getTime());
      await settleRegions(ctx, { watchingSince: new Date(since) });
      lastLook = clock.now().getTime();
      return 0;
    },
    'Looks at every region’s silence',
  );
}
