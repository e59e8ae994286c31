import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { histogram } from '../metrics/metrics.ts';
import { systemContext } from '../trpc/commit.ts';
import type { DeclaredLoop } from './declare.ts';
import { openHolders } from './holder.ts';
import { startLoop } from './loop.ts';

const seconds = histogram('loops_look_seconds', 'Time that a look of a loop took', ['loop']);

/** Starts every declared loop. Each is done by one worker at a time; more workers share them as they come. */
export function runLoops(
  database: Database,
  clock: Clock,
  declared: readonly DeclaredLoop[],
): { stop(): Promise<void> } {
  const holders = openHolders(database.pool('atom_owner'));
  const ending = new AbortController();
  const loops = declared
    .filter(loop => loop.needed?.() ?? true)
    .map(({ name, title, idleMs, settleMs = 0, run }) => {
      const holder = holders.of(name);
      let since: number | null = null;
      const step = async () => {
        if (!(await holder.held())) {
          since = null;
          return null;
        }
        since ??= clock.now().getTime();
        if (clock.now().getTime() - since < settleMs) return { done: 0, said: 'not yet, it has just begun' };
        const stop = seconds.startTimer({ loop: name });
        try {
          return await run({ ctx: systemContext(name, database, clock), signal: ending.signal });
        } finally {
          stop();
        }
      };
      return startLoop(name, idleMs, step, title, 'steady');
    });
  return {
    stop: async () => {
      ending.abort();
      await Promise.all(loops.map(loop => loop.stop()));
      await holders.release();
    },
  };
}
