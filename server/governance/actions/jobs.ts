import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { advanceExecution } from './service/advance.ts';
import { measureRisk } from './service/realised.ts';
import { resumeUnfinished } from './service/resume.ts';

const go = defineJob({
  name: 'actions.advance',
  title: 'Take an execution as far as it gets',
  payload: z.strictObject({ id: z.string().min(1).max(100) }),
  timeoutSeconds: 120,
  maxAttempts: 10,
  run: async ({ id }, { ctx, signal }) => {
    await advanceExecution(ctx, id, signal);
  },
});

/** What a lost job or a killed worker left: nothing depends on a single job arriving. */
const resume = defineJob({
  name: 'actions.resume',
  title: 'Go on with executions that nobody is at',
  payload: z.strictObject({}),
  schedule: '* * * * *',
  timeoutSeconds: 55,
  maxAttempts: 1,
  run: (_payload, { ctx, signal }) => resumeUnfinished(ctx, signal),
});

const measure = defineJob({
  name: 'actions.measure',
  title: 'Compare the risk after executions with what was there before them',
  payload: z.strictObject({}),
  schedule: '*/2 * * * *',
  timeoutSeconds: 60,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => {
    await measureRisk(ctx);
  },
});

export const actionJobs: readonly AnyJob[] = [go, resume, measure];
