import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { LoopReport } from './rules.ts';
import type { JobRow } from './schema.ts';

export const selectJobs = (db: ReadDb, states: readonly string[], limit: number): Promise<JobRow[]> =>
  db.query<JobRow>({
    name: 'jobs',
    sql: `select id, task, queue, state, attempts, max_attempts as "maxAttempts", run_at as "runAt", created_at as "createdAt",
      locked_at as "lockedAt", last_error as "lastError" from job_queue_rows($1, $2)`,
    parameters: [states, limit],
  });

export const countJobs = (db: ReadDb) =>
  db.query<{ state: JobRow['state']; n: number; oldest: string }>({
    name: 'job-counts',
    sql: 'select state, n, oldest from job_queue_counts()',
    parameters: [],
  });

export interface DeclaredRow {
  name: string;
  title: string;
  schedule: string | null;
  queue: string | null;
  maxAttempts: number;
  timeoutSeconds: number;
  lastAt: string | null;
  ok: number;
  failed: number;
  millis: number;
}

export const selectDeclared = (db: ReadDb, since: Date) =>
  db.query<DeclaredRow>({
    name: 'job-declared',
    sql: `select d.name, d.title, d.schedule, d.queue, d.max_attempts as "maxAttempts", d.timeout_seconds as "timeoutSeconds",
      s.last_execution as "lastAt", coalesce(m.ok, 0) as ok, coalesce(m.failed, 0) as failed, coalesce(m.millis, 0) as millis
      from job_declared d
      left join job_schedules() s on s.identifier = d.name
      left join (select job, sum(ok)::int as ok, sum(failed)::int as failed, sum(millis)::bigint as millis
        from job_minute where minute > $1 group by job) m on m.job = d.name order by 1`,
    parameters: [since],
  });

export const selectLoops = (db: ReadDb) =>
  db.query<LoopReport>({
    name: 'job-loops',
    sql: `select name, worker, title, idle_ms as "idleMs", holding, done, said, took_ms as "tookMs", ok_at as "okAt", worked_at as "workedAt",
      failures, last_error as "lastError", at from loop_state order by name, worker`,
    parameters: [],
  });

export const selectQueues = (db: ReadDb) =>
  db.query<{ name: string | null; running: number; waiting: number; failed: number; oldest: string | null }>({
    name: 'job-queues',
    sql: 'select name, running, waiting, failed, oldest from job_queues()',
    parameters: [],
  });

export const selectJob = (db: ReadDb, id: number) =>
  db.one<{ task: string; running: boolean }>({
    name: 'job-by-id',
    sql: 'select task, running from job_queue_row($1)',
    parameters: [id],
  });

export const selectMinutes = (db: ReadDb, since: Date) =>
  db.query<{ minute: string; runs: number }>({
    name: 'job-minutes',
    sql: 'select minute, sum(ok + failed)::int as runs from job_minute where minute > $1 group by minute order by minute',
    parameters: [since],
  });

const answered = (rows: { done: boolean }[]): boolean => rows[0]?.done ?? false;

export const retryJob = async (tx: Tx, id: number): Promise<boolean> =>
  answered(await tx.$queryRaw<{ done: boolean }[]>`select job_retry(${id}::bigint) as done`);

export const cancelJob = async (tx: Tx, id: number): Promise<boolean> =>
  answered(await tx.$queryRaw<{ done: boolean }[]>`select job_cancel(${id}::bigint) as done`);
