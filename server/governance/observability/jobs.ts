import { z } from 'zod';
import { type AnyJob, type DeclaredLoop, defineJob } from '#kernel/jobs/declare.ts';
import type { Look } from '#kernel/jobs/loop.ts';
import { hasLogs, hasWorld, loadMetricHistory, pullWorld } from './service/pull.ts';
import { pullFiles } from './service/pull-files.ts';
import { pullLoki } from './service/pull-loki.ts';
import { pullMetrics } from './service/pull-metrics.ts';
import { recordLate } from './service/record.ts';
import { expire } from './service/retention.ts';
import { retireSources } from './service/retire.ts';

const nothing = z.strictObject({});
const lookMs = 5_000;

/** A pull that failed says why on the page of sources; here the loop is seen to fail, and pauses longer. */
function looked(pulls: readonly (number | null)[], what: string): Look {
  if (pulls.includes(null))
    throw new Error('A source could not be pulled. The page Sources says which and why.');
  const done = pulls.reduce<number>((sum, n) => sum + (n ?? 0), 0);
  return { done, said: `${done} ${what}` };
}

/** One loop for each kind: a source that is slow to answer delays none of another kind. */
export const telemetryLoops: readonly DeclaredLoop[] = [
  {
    name: 'telemetry.metrics',
    title: 'Pulls metrics',
    idleMs: lookMs,
    run: async ({ ctx }) => {
      await retireSources(ctx);
      return looked([await pullMetrics(ctx)], 'samples pulled');
    },
  },
  {
    name: 'telemetry.logs',
    title: 'Pulls lines from Loki and from log files',
    idleMs: lookMs,
    needed: hasLogs,
    run: async ({ ctx }) => looked([await pullLoki(ctx), await pullFiles(ctx)], 'lines pulled'),
  },
  {
    name: 'telemetry.world',
    title: 'Takes what the simulated world says',
    idleMs: lookMs,
    needed: hasWorld,
    run: async ({ ctx, signal }) =>
      looked([await pullWorld(ctx, signal), await loadMetricHistory(ctx)], 'events taken'),
  },
];

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

export const telemetryJobs: readonly AnyJob[] = [late, forget];
