import { hostname } from 'node:os';
import type pg from 'pg';
import { log } from '../log/log.ts';
import { redactText } from '../redact/redact.ts';
import { type LoopState, loopStates } from './loop.ts';

const everyMs = 5000;

/** Says now and then what this worker's loops do; what a worker said that is gone fades away. */
export function reportLoops(
  pool: pg.Pool,
  worker = `${hostname()}:${process.pid}`,
  states: () => readonly LoopState[] = loopStates,
): { report(): Promise<void>; stop(): Promise<void> } {
  const report = async () => {
    const rows = states().map(state => ({
      ...state,
      lastError: state.lastError === null ? null : redactText(state.lastError).slice(0, 500),
    }));
    await pool
      .query(
        `with said as (
           insert into loop_state (name, worker, title, idle_ms, holding, done, said, took_ms, ok_at, worked_at, failures, last_error, at)
           select s.name, $2, s.title, s."idleMs", s.holding, s.done, s.said, s."tookMs", s."okAt", s."workedAt", s.failures, s."lastError", now()
           from jsonb_to_recordset($1::jsonb) as s(name text, title text, "idleMs" int, holding boolean, done int, said text,
             "tookMs" int, "okAt" timestamptz, "workedAt" timestamptz, failures int, "lastError" text)
           on conflict (name, worker) do update set title = excluded.title, idle_ms = excluded.idle_ms,
             holding = excluded.holding, done = excluded.done, said = excluded.said, took_ms = excluded.took_ms, ok_at = excluded.ok_at,
             worked_at = excluded.worked_at, failures = excluded.failures, last_error = excluded.last_error, at = excluded.at)
         delete from loop_state where at < now() - interval '1 hour'`,
        [JSON.stringify(rows), worker],
      )
      .catch(error => log().warn({ event: 'loops.unreported', error }));
  };
  const timer = setInterval(() => void report(), everyMs);
  timer.unref();
  return {
    report,
    stop: async () => {
      clearInterval(timer);
      await pool
        .query('delete from loop_state where worker = $1', [worker])
        .catch(error => log().warn({ event: 'loops.unreported', error }));
    },
  };
}
