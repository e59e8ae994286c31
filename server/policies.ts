import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { writeDecisions } from '#kernel/policy/decisions.ts';
import { followPolicies } from '#kernel/policy/in-force.ts';
import { processBus } from '#kernel/realtime/router.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import './root.ts';

const everyMs = 15_000;
let stop: (() => Promise<void>) | null = null;

/** Once per process, however often it is called: active policies are held in memory, and decisions are sampled. */
export function keepPolicies(database: Database, clock: Clock): () => Promise<void> {
  if (stop) return stop;
  let unfollow = () => {};
  void processBus({ database }).then(
    bus => {
      unfollow = followPolicies(database, bus);
    },
    error => log().warn({ event: 'policies.unfollowed', error }),
  );
  const ctx = systemContext('policies.decisions', database, clock);
  const write = async () => {
    await writeDecisions(ctx).catch(error => log().warn({ event: 'policies.decisions_unwritten', error }));
  };
  const timer = setInterval(() => void write(), everyMs);
  timer.unref();
  stop = async () => {
    clearInterval(timer);
    unfollow();
    await write();
  };
  return stop;
}
