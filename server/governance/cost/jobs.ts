import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { checkBudgets } from './service/budgets.ts';
import { pullBills } from './service/import.ts';
import { noteForecasts, noteRealised } from './service/predictions.ts';

const pull = defineJob({
  name: 'costs.pull',
  title: 'Bring in the bills of whole days',
  payload: z.strictObject({}),
  schedule: '12 * * * *',
  timeoutSeconds: 120,
  maxAttempts: 3,
  queue: 'costs',
  run: async (_payload, { ctx }) => {
    await pullBills(ctx);
  },
});

const budgets = defineJob({
  name: 'costs.budgets',
  title: 'Compare budgets with what was spent and what is forecast',
  payload: z.strictObject({}),
  schedule: '17 * * * *',
  timeoutSeconds: 120,
  maxAttempts: 3,
  queue: 'costs',
  run: async (_payload, { ctx }) => {
    await checkBudgets(ctx);
  },
});

const forecast = defineJob({
  name: 'costs.forecast',
  title: 'Keep what is forecast, to be compared later',
  payload: z.strictObject({}),
  schedule: '22 2 * * *',
  timeoutSeconds: 300,
  maxAttempts: 3,
  queue: 'costs',
  run: async (_payload, { ctx }) => {
    await noteForecasts(ctx);
  },
});

const realise = defineJob({
  name: 'costs.realise',
  title: 'Compare what was said to cost with what it did, after 1 h, 24 h and 7 d',
  payload: z.strictObject({}),
  schedule: '*/5 * * * *',
  timeoutSeconds: 100,
  maxAttempts: 2,
  queue: 'costs',
  run: async (_payload, { ctx }) => {
    await noteRealised(ctx);
  },
});

export const costJobs: readonly AnyJob[] = [pull, budgets, forecast, realise];
