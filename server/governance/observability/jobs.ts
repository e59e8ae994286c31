import { z } from 'zod';
import type { Database } from '#kernel/db/database.ts';
import { askNow } from '#kernel/jobs/ask-now.ts';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { loadMetricHistory, pullFiles, pullLoki, pullMetrics, pullWorld } from './service/pull.ts';
import { recordLate } from './service/record.ts';
import { expire } from './service/retention.ts';

const nothing = z.strictObject({});
const queue = 'telemetry-pull';
export const pullTask = 'telemetry.pull';

/** Waits, but not past the job's end. */
const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>(resolve => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });

const minuteMs = 52_000;
const tickMs = 5_000;

const pull = defineJob({
  name: pullTask,
  title: 'Pull telemetry from Prometheus, Loki, files and the simulated world',
  payload: nothing,
  schedule: '* * * * *',
  timeoutSeconds: 120,
  maxAttempts: 1,
  queue,
  // One job covers a minute, with a look every five seconds: a job for each look would be most of the queue.
  run: async (_payload, { ctx, signal }) => {
    const until = performance.now() + minuteMs;
    await pullMetrics(ctx);
    await pullWorld(ctx, signal);
    await loadMetricHistory(ctx);
    while (!signal.aborted && performance.now() < until) {
      await pullMetrics(ctx);
      await pullWorld(ctx, signal);
      await pullLoki(ctx);
      await pullFiles(ctx);
      await pause(tickMs, signal);
    }
  },
});

const late = defineJob({
  name: 'telemetry.record_late',
  title: 'Record digests of telemetry that a process wrote before it ended',
  payload: nothing,
  schedule: '* * * * *',
  timeoutSeconds: 50,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => {
    await recordLate(ctx);
  },
});

const forget = defineJob({
  name: 'telemetry.expire',
  title: 'Drop days of telemetry that retention no longer allows',
  payload: nothing,
  schedule: '7 * * * *',
  timeoutSeconds: 120,
  maxAttempts: 3,
  run: async (_payload, { ctx }) => {
    await expire(ctx);
  },
});

export const telemetryJobs: readonly AnyJob[] = [pull, late, forget];

export const pullAtOnce = (database: Database): Promise<unknown> => askNow(database, pullTask, queue);
