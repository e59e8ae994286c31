import type { Database } from '../db/database.ts';

export interface AskedJob {
  /** It runs, or will be tried (again). */
  lives: boolean;
  /** Until when nobody tries it: pauses between tries grow to hours. */
  sleepsUntil: string | null;
  lastError: string | null;
}

/** What became of a job that a commit asked for under a key; null = it is done, or somebody took it away. */
export async function askedJob(database: Database, key: string): Promise<AskedJob | null> {
  const { rows } = await database.pool('atom_owner').query({
    name: 'asked-job',
    text: `select true as lives, null as "sleepsUntil", null as "lastError" from outbox where kind = 'job' and body->>'key' = $1
      union all
      select locked_at is not null or attempts < max_attempts, case when locked_at is null and attempts > 0 then run_at::text end, last_error
      from graphile_worker._private_jobs where key = $1`,
    values: [key],
  });
  return (rows.find(row => row.lives) ?? rows[0] ?? null) as AskedJob | null;
}

export type WhyAgain = 'gave_up' | 'taken_away' | 'sleeps';

/** Why a job that something waits for is to be asked for again; null = it is on its way. */
export function whyAgain(job: AskedJob | null, now: Date, longestSleepMs: number): WhyAgain | null {
  if (!job) return 'taken_away';
  if (!job.lives) return 'gave_up';
  return job.sleepsUntil !== null && Date.parse(job.sleepsUntil) > now.getTime() + longestSleepMs
    ? 'sleeps'
    : null;
}

export const againWords: Record<WhyAgain, string> = {
  gave_up: 'it was tried as often as it may be',
  taken_away: 'its job was taken away',
  sleeps: 'its next try was far away',
};
