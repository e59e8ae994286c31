import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { calibrateIfDue } from './service/calibrate.ts';
import { keepHistory } from './service/history.ts';
import { scoreDue } from './service/loop.ts';
import { watchSeries } from './service/watch.ts';

const roundMs = 2000;
const minuteMs = 54_000;

/** Goes round for its whole minute; the next one begins where it ends. */
const score = defineJob({
  name: 'risk.score',
  title: 'Watch the series and score every tenant, every two seconds',
  payload: z.strictObject({}),
  schedule: '* * * * *',
  queue: 'risk',
  timeoutSeconds: 75,
  maxAttempts: 1,
  run: async (_payload, { ctx, signal }) => {
    const until = performance.now() + minuteMs;
    await watchSeries(ctx, signal);
    do {
      await scoreDue(ctx, signal);
      await pause(roundMs, undefined, { signal }).catch(() => {});
    } while (!signal.aborted && performance.now() < until);
  },
});

const prune = defineJob({
  name: 'risk.prune',
  title: 'Remove scores that are older than 35 days',
  payload: z.strictObject({}),
  schedule: '17 3 * * *',
  timeoutSeconds: 120,
  maxAttempts: 3,
  run: async (_payload, { ctx }) => {
    await keepHistory(ctx);
  },
});

const calibration = defineJob({
  name: 'risk.calibrate',
  title: 'Calibrate the risk scores, once a day',
  payload: z.strictObject({}),
  schedule: '*/5 * * * *',
  queue: 'risk-calibration',
  timeoutSeconds: 280,
  maxAttempts: 1,
  run: async (_payload, { ctx, signal }) => {
    await calibrateIfDue(ctx, signal);
  },
});

export const riskJobs: readonly AnyJob[] = [score, calibration, prune];
