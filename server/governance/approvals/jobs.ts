import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { runDue } from './service/due.ts';
import { releaseApproval, releaseLeftOvers } from './service/release.ts';

const ref = z.strictObject({ id: z.uuid() });

const release = defineJob({
  name: 'approvals.release',
  title: 'Run an approved command, once',
  payload: ref,
  timeoutSeconds: 60,
  maxAttempts: 25,
  run: ({ id }, { ctx }) => releaseApproval(ctx, id),
});

const due = defineJob({
  name: 'approvals.due',
  title: 'Remind, escalate or end one approval',
  payload: ref,
  timeoutSeconds: 30,
  maxAttempts: 5,
  run: async ({ id }, { ctx }) => {
    await runDue(ctx, id);
  },
});

/** What a lost or belated job left: nothing here depends on a single job arriving. */
const sweep = defineJob({
  name: 'approvals.sweep',
  title: 'Remind, escalate, end and release what is due',
  payload: z.strictObject({}),
  schedule: '* * * * *',
  timeoutSeconds: 50,
  maxAttempts: 1,
  run: async (_payload, { ctx }) => {
    await runDue(ctx);
    await releaseLeftOvers(ctx);
  },
});

export const approvalJobs: readonly AnyJob[] = [release, due, sweep];
