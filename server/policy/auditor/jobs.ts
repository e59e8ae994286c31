import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { auditSchedule, runAudit } from './service.ts';

const run = defineJob({
  name: 'edge_audits.run',
  title: 'Audit relays and active policies',
  payload: z.strictObject({}),
  schedule: auditSchedule,
  timeoutSeconds: 100,
  maxAttempts: 2,
  run: async (_payload, { ctx }) => {
    await runAudit(ctx, 'schedule');
  },
});

export const auditJobs: readonly AnyJob[] = [run];
