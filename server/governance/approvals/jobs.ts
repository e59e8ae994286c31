import { z } from 'zod';
import { type AnyJob, defineJob } from '#kernel/jobs/declare.ts';
import { whenUnheard } from '#server/platform/notifications/service/unheard.ts';
import { unheardJob } from './events.ts';
import { escalateUnheard, runDue } from './service/due.ts';
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

const unheard = defineJob({
  name: 'approvals.unheard',
  title: 'Escalate an approval that nobody was told of',
  payload: ref,
  timeoutSeconds: 30,
  maxAttempts: 5,
  run: ({ id }, { ctx }) => escalateUnheard(ctx, id),
});
whenUnheard('approvals', unheardJob);

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

export const approvalJobs: readonly AnyJob[] = [release, due, unheard, sweep];
