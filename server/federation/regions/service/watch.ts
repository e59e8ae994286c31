import type { Clock } from '#kernel/clock/clock.ts';
import { env } from '#kernel/env/env.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { simulatedHeartbeats } from '../gateway.simulated.ts';
import { listeningSince } from '../rules/state.ts';
import { recordGathered } from './gathered.ts';
import { acceptHeartbeats } from './heartbeat.ts';
import { settleRegions } from './life.ts';

/** One look at every region's silence; a stretch in which nobody listened counts as nobody's silence. */
export function regionWatch(clock: Clock): (ctx: CommandContext) => Promise<void> {
  let since = clock.now().getTime();
  let lastLook: number | null = null;
  return async ctx => {
    since = listeningSince(since, lastLook, clock.now().getTime());
    if (env().simulation) {
      const due = await simulatedHeartbeats.due(ctx);
      if (due.length > 0) await acceptHeartbeats(ctx, due);
    }
    // Heartbeats that took long to write are a gap, too.
    since = listeningSince(since, lastLook, clock.now().getTime());
    await settleRegions(ctx, { watchingSince: new Date(since) });
    await recordGathered(ctx);
    lastLook = clock.now().getTime();
  };
}
