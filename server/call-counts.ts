import type { Clock } from '#kernel/clock/clock.ts';
import { callCounter } from '#kernel/controls/call-counts.ts';
import { proceduresOf } from '#kernel/controls/procedures.ts';
import type { Database } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { registry } from '#kernel/metrics/metrics.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { appRouter } from './root.ts';

const everyMs = 60_000;
let stop: (() => Promise<void>) | null = null;

/** Once per process, however often it is called: this process's calls are written down every minute, and at the end. */
export function countCalls(database: Database, clock: Clock): () => Promise<void> {
  if (stop) return stop;
  const commands = new Set(proceduresOf(appRouter).flatMap(p => (p.type === 'mutation' ? [p.path] : [])));
  const count = callCounter(systemContext('calls', database, clock), registry, p => commands.has(p));
  const flush = async () => {
    await count().catch(error => log().warn({ event: 'calls.uncounted', error }));
  };
  const timer = setInterval(() => void flush(), everyMs);
  timer.unref();
  stop = async () => {
    clearInterval(timer);
    await flush();
  };
  return stop;
}
