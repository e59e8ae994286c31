import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { forgetBeats } from './service/life.ts';

const prune = defineJob({
  name: 'regions.prune',
  title: 'Forget heartbeats older than two hours and their counts older than a week',
  payload: z.strictObject({}),
  schedule: '17 * * * *',
  timeoutSeconds: 60,
  maxAttempts: 3,
  run: async (_payload, { ctx }) => forgetBeats(ctx),
});

export const regionJobs: readonly AnyJob[] = [prune];
