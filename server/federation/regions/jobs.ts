import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { forgetPulses } from './service/life.ts';

const prune = defineJob({
  name: 'regions.prune',
  title: 'Forget heartbeat counts older than a week',
  payload: z.strictObject({}),
  schedule: '17 3 * * *',
  timeoutSeconds: 60,
  maxAttempts: 3,
  run: async (_payload, { ctx }) => forgetPulses(ctx),
});

export const regionJobs: readonly AnyJob[] = [prune];
