import { z } from 'zod';
import { type AnyJob, type DeclaredLoop, defineJob } from '#kernel/jobs/declare.ts';
import { calibrateIfDue } from './service/calibrate.ts';
import { keepHistory } from './service/history.ts';
import { scoreDue } from './service/loop.ts';
import { watchIfDue } from './service/watch.ts';

/** Two loops: learning from the series of many tenants delays nobody's score. */
export const riskLoops: readonly DeclaredLoop[] = [
  {
    name: 'risk.watch',
    title: 'Takes every series on through the minutes that have ended',
    idleMs: 10_000,
    run: async ({ ctx, signal }) => {
      const done = await watchIfDue(ctx, signal);
      return {
        done: done ?? 0,
        said: done === null ? 'no minute has ended since' : `${done} series taken on`,
      };
    },
  },
  {
    name: 'risk.score',
    title: 'Scores every tenant of whom something is new',
    idleMs: 2_000,
    run: async ({ ctx, signal }) => {
      const done = await scoreDue(ctx, signal);
      return { done, said: done === 0 ? 'no score to keep' : `${done} scores kept` };
    },
  },
];

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

export const riskJobs: readonly AnyJob[] = [calibration, prune];
