import type { Database } from '../db/database.ts';
import type { Json } from '../ledger/event.ts';

/** A worker that starts does not wait for a schedule's next time. */
export const askNow = (
  database: Database,
  task: string,
  payload: { [key: string]: Json },
): Promise<unknown> =>
  database
    .pool('atom_owner')
    .query('select graphile_worker.add_job($1, $2::json, job_key := $3, max_attempts := 1)', [
      task,
      JSON.stringify(payload),
      `${task}:start`,
    ]);
