import type pg from 'pg';
import type { AnyJob } from './declare.ts';

/** The catalogue lives in the worker's code; the pages are served by another process, which reads it here. */
export async function announceJobs(pool: pg.Pool, jobs: readonly AnyJob[], now: Date): Promise<void> {
  const rows = jobs.map(({ name, title, schedule, queue, timeoutSeconds, maxAttempts }) => ({
    name,
    title,
    schedule,
    queue,
    timeoutSeconds,
    maxAttempts,
  }));
  await pool.query(
    `with said as (select b from jsonb_array_elements($1::jsonb) b),
       gone as (delete from job_declared where name not in (select b->>'name' from said))
     insert into job_declared (name, title, schedule, queue, timeout_seconds, max_attempts, declared_at)
     select b->>'name', b->>'title', b->>'schedule', b->>'queue', (b->>'timeoutSeconds')::int, (b->>'maxAttempts')::int, $2
     from said
     on conflict (name) do update set title = excluded.title, schedule = excluded.schedule, queue = excluded.queue,
       timeout_seconds = excluded.timeout_seconds, max_attempts = excluded.max_attempts, declared_at = excluded.declared_at`,
    [JSON.stringify(rows), now],
  );
}
