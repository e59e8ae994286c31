import type { Database } from '../db/database.ts';

/** A worker that starts does not wait for a schedule's next time. Without a queue, several may run at once. */
export const askNow = (database: Database, task: string, queue: string | null = null): Promise<unknown> =>
  database
    .pool('atom_owner')
    .query(
      'select graphile_worker.add_job($1, $2::json, queue_name := $3, job_key := $4, max_attempts := 1)',
      [task, '{}', queue, `${task}:start`],
    );
