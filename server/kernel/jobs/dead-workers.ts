import type pg from 'pg';
import type { Clock } from '../clock/clock.ts';
import { log } from '../log/log.ts';
import { counter } from '../metrics/metrics.ts';
import { openHolders } from './holder.ts';

/** Longer than a worker that lives takes to find its session again after the database was away. */
const silentMs = 30_000;
const released = counter('jobs_released_total', 'Workers that ended without giving their jobs back');

/** Whoever may hold jobs, and whose lock of that name nobody holds. The lock is taken for the length of this question only. */
const deadSql = `select w.id from (select locked_by as id from graphile_worker._private_jobs where locked_by is not null
    union select locked_by from graphile_worker._private_job_queues where locked_by is not null) w
  where pg_try_advisory_xact_lock(hashtextextended('loop jobs ' || w.id, 0))`;

/**
 * A worker that is killed leaves its jobs locked, and what waits behind them in a queue. Each worker holds a lock for as long
 * as its session lives; the jobs of one whose lock stayed free go to the others.
 */
export function watchWorkers(pool: pg.Pool, clock: Clock, mine: () => readonly string[]) {
  const signs = openHolders(pool);
  const silentSince = new Map<string, number>();
  return {
    /** How many dead workers' jobs were given back. */
    step: async (): Promise<number> => {
      const own = mine();
      for (const id of own) await signs.of(`jobs ${id}`).held();
      const { rows } = await pool.query<{ id: string }>(deadSql);
      const silent = rows.map(row => row.id).filter(id => !own.includes(id));
      for (const id of silentSince.keys()) if (!silent.includes(id)) silentSince.delete(id);
      const now = clock.now().getTime();
      const dead: string[] = [];
      for (const id of silent) {
        const since = silentSince.get(id) ?? now;
        silentSince.set(id, since);
        if (now - since >= silentMs) dead.push(id);
      }
      if (dead.length === 0) return 0;
      await pool.query('select graphile_worker.force_unlock_workers($1::text[])', [dead]);
      for (const id of dead) silentSince.delete(id);
      released.inc(dead.length);
      log().warn({ event: 'jobs.released', workers: dead });
      return dead.length;
    },
    release: () => signs.release(),
  };
}
