import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { checkFleet } from './service.ts';

const check = defineJob({
  name: 'policy_sync.check',
  title: 'Compare what relays hold with what the hub wants',
  payload: z.strictObject({}),
  schedule: '* * * * *',
  timeoutSeconds: 50,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => {
    await checkFleet(ctx);
  },
});

export const syncJobs: readonly AnyJob[] = [check];
