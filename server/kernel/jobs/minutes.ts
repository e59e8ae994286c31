import type pg from 'pg';
import { log } from '../log/log.ts';

interface Minute {
  ok: number;
  failed: number;
  millis: number;
}

export interface MinuteCounter {
  count(job: string, ok: boolean, millis: number, at: Date): void;
  stop(): Promise<void>;
}

const flushMs = 2000;

/** Runs counted per job and minute, written in batches: throughput is a fact worth keeping, not worth a write per run. */
export function minuteCounter(pool: pg.Pool): MinuteCounter {
  let pending = new Map<string, Minute>();
  const flush = async () => {
    if (pending.size === 0) return;
    const batch = [...pending].map(([key, value]) => ({ ...JSON.parse(key), ...value }));
    pending = new Map();
    await pool
      .query(
        `insert into job_minute (job, minute, ok, failed, millis)
         select b->>'job', (b->>'minute')::timestamptz, (b->>'ok')::int, (b->>'failed')::int, (b->>'millis')::bigint
         from jsonb_array_elements($1::jsonb) b
         on conflict (job, minute) do update set ok = job_minute.ok + excluded.ok,
           failed = job_minute.failed + excluded.failed, millis = job_minute.millis + excluded.millis`,
        [JSON.stringify(batch)],
      )
      .catch(error => log().warn({ event: 'jobs.counts_unwritten', error }));
  };
  const timer = setInterval(() => void flush(), flushMs);
  timer.unref();
  return {
    count: (job, ok, millis, at) => {
      const minute = new Date(Math.floor(at.getTime() / 60_000) * 60_000).toISOString();
      const key = JSON.stringify({ job, minute });
      const now = pending.get(key) ?? { ok: 0, failed: 0, millis: 0 };
      pending.set(key, {
        ok: now.ok + (ok ? 1 : 0),
        failed: now.failed + (ok ? 0 : 1),
        millis: now.millis + Math.round(millis),
      });
    },
    stop: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}
