import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { phases } from './schema.ts';
import { runPrecheck } from './service.ts';

const all = defineJob({
  name: 'environment.precheck',
  title: 'Look whether everything that is configured is reachable',
  payload: z.strictObject({}),
  schedule: '*/10 * * * *',
  timeoutSeconds: 60,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => {
    for (const phase of phases) await runPrecheck(ctx, phase);
  },
});

export const environmentJobs: readonly AnyJob[] = [all];
