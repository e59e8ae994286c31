import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { runControls } from './service.ts';

const run = defineJob({
  name: 'alerts.controls',
  title: 'Run the controls of P1 to P7',
  payload: z.strictObject({}),
  schedule: '* * * * *',
  timeoutSeconds: 50,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => {
    await runControls(ctx);
  },
});

export const alertJobs: readonly AnyJob[] = [run];
