import type { Tx } from '#kernel/db/database.ts';
import { nextRun } from '#kernel/jobs/schedule.ts';
import { redactText } from '#kernel/redact/redact.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { jobRunning, noSuchJob } from './errors.ts';
import { jobEvent } from './events.ts';
import { loopsAt, perMinute } from './rules.ts';
import { type JobRow, jobStates } from './schema.ts';
import {
  cancelJob,
  countJobs,
  retryJob,
  selectDeclared,
  selectJob,
  selectJobs,
  selectLoops,
  selectMinutes,
  selectQueues,
} from './store.ts';

const hourMs = 3600_000;

export const countFailed = async (ctx: ReadContext) => ({
  count: (await countJobs(ctx.db)).find(row => row.state === 'failed')?.n ?? 0,
});

export async function listJobs(
  ctx: ReadContext,
  input: { states: readonly string[]; limit: number },
): Promise<{ rows: JobRow[] }> {
  const rows = await selectJobs(ctx.db, input.states, input.limit);
  return {
    rows: rows.map(row => ({ ...row, lastError: row.lastError === null ? null : redactText(row.lastError) })),
  };
}

export async function readJobsOverview(ctx: ReadContext) {
  const now = ctx.clock.now();
  const hourAgo = new Date(now.getTime() - hourMs);
  const [counted, declared, queues, minutes, loops] = await Promise.all([
    countJobs(ctx.db),
    selectDeclared(ctx.db, hourAgo),
    selectQueues(ctx.db),
    selectMinutes(ctx.db, hourAgo),
    selectLoops(ctx.db),
  ]);
  const of = (state: JobRow['state']) => counted.find(row => row.state === state);
  return {
    counts: Object.fromEntries(jobStates.map(state => [state, of(state)?.n ?? 0])) as Record<
      JobRow['state'],
      number
    >,
    oldestWaitingAt: of('waiting')?.oldest ?? null,
    queues: queues.map(({ oldest, ...queue }) => ({ ...queue, oldestWaitingAt: oldest })),
    jobs: declared.map(({ millis, ...job }) => ({
      ...job,
      nextAt: job.schedule === null ? null : (nextRun(job.schedule, now)?.toISOString() ?? null),
      meanMs: job.ok + job.failed > 0 ? Math.round(millis / (job.ok + job.failed)) : null,
    })),
    loops: loopsAt(loops, now),
    perMinute: perMinute(minutes, now),
  };
}

export const retry = (ctx: CommandContext, id: number) => change(ctx, id, 'job.retried', retryJob);
export const cancel = (ctx: CommandContext, id: number) => change(ctx, id, 'job.cancelled', cancelJob);

async function change(
  ctx: CommandContext,
  id: number,
  type: 'job.retried' | 'job.cancelled',
  act: (tx: Tx, id: number) => Promise<boolean>,
): Promise<{ done: true }> {
  const job = await selectJob(ctx.db, id);
  if (!job) throw noSuchJob(id);
  if (job.running) throw jobRunning();
  await ctx.commit(jobEvent(type, id, job.task), async tx => {
    if (!(await act(tx, id))) throw jobRunning(); // it began, or went away, between the look and the act
  });
  return { done: true };
}
