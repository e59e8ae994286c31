import { z } from 'zod';
import { type AnyJob, type DeclaredLoop, defineJob } from '#kernel/jobs/declare.ts';
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
export const actionLoops: readonly DeclaredLoop[] = [
  {
    name: 'actions.resume',
    title: 'Goes on with executions that nobody is at',
    idleMs: 5_000,
    run: async ({ ctx, signal }) => {
      const { found, busy } = await resumeUnfinished(ctx, signal);
      return { done: found - busy, said: `${found} executions under way, ${busy} of them in other hands` };
    },
  },
];

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

export const actionJobs: readonly AnyJob[] = [go, measure];
