import type { Database } from '../db/database.ts';

export interface AskedJob {
  /** It runs, or will be tried (again). */
  lives: boolean;
  lastError: string | null;
}

/** What became of a job that a commit asked for under a key; null = it is done, or somebody took it away. */
export async function askedJob(database: Database, key: string): Promise<AskedJob | null> {
  const { rows } = await database.pool('atom_owner').query({
    name: 'asked-job',
    text: `select true as lives, null as "lastError" from outbox where kind = 'job' and body->>'key' = $1
      union all
      select locked_at is not null or attempts < max_attempts, last_error from graphile_worker._private_jobs where key = $1`,
    values: [key],
  });
  return (rows.find(row => row.lives) ?? rows[0] ?? null) as AskedJob | null;
}
