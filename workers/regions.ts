import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { type Loop, startLoop } from '#kernel/jobs/loop.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { regionWatch } from '#server/federation/regions/service/watch.ts';

/** Looks at every region's silence twice a second, so that a loss is seen well within its schedule. */
export function watchRegions(database: Database, clock: Clock): Loop {
  const look = regionWatch(clock);
  const step = async () => {
    await look(systemContext('regions.watch', database, clock));
    return 0;
  };
  return startLoop('regions', 500, step, 'Looks at every region’s silence');
}
