import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { failedJobs, jobList, jobRef, jobsOverview, listJobsInput } from './schema.ts';
import { cancel, countFailed, listJobs, readJobsOverview, retry } from './service.ts';

const done = z.object({ done: z.literal(true) });

export const jobsRouter = router({
  overview: read({ permission: 'job:read' })
    .output(jobsOverview)
    .query(({ ctx }) => readJobsOverview(ctx)),
  list: read({ permission: 'job:read' })
    .input(listJobsInput)
    .output(jobList)
    .query(({ ctx, input }) => listJobs(ctx, input)),
  failed: read({ permission: 'job:read' })
    .output(failedJobs)
    .query(({ ctx }) => countFailed(ctx)),
  retry: command({ permission: 'job:write', audit: 'job.retried' })
    .input(jobRef)
    .output(done)
    .mutation(({ ctx, input }) => retry(ctx, input.id)),
  cancel: command({ permission: 'job:write', audit: 'job.cancelled' })
    .input(jobRef)
    .output(done)
    .mutation(({ ctx, input }) => cancel(ctx, input.id)),
});
