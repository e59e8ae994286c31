import type { LoopRow } from './schema.ts';

export interface MinuteCount {
  at: string;
  value: number | null;
}

/** A minute without a row had no run. Before the first known minute nobody was counting: a gap, not a zero. */
export function perMinute(
  rows: readonly { minute: string; runs: number }[],
  now: Date,
  minutes = 60,
): MinuteCount[] {
  const known = new Map(rows.map(row => [Date.parse(row.minute), row.runs]));
  const first = Math.min(...known.keys());
  const last = Math.floor(now.getTime() / 60_000) * 60_000;
  return Array.from({ length: minutes }, (_, i) => {
    const at = last - (minutes - 1 - i) * 60_000;
    return { at: new Date(at).toISOString(), value: at < first ? null : (known.get(at) ?? 0) };
  });
}

export interface LoopReport {
  name: string;
  worker: string;
  title: string;
  idleMs: number;
  holding: boolean;
  done: number;
  said: string | null;
  tookMs: number;
  okAt: string | null;
  workedAt: string | null;
  failures: number;
  lastError: string | null;
  at: string;
}

/** Workers report every five seconds; three reports missed is silence. */
const silentMs = 15_000;

/** One row a loop, told by the worker that holds it: where nobody does, by the one that tries, or spoke last. */
export function loopsAt(reports: readonly LoopReport[], now: Date): LoopRow[] {
  const byName = Map.groupBy(reports, report => report.name);
  return [...byName.values()].map(said => {
    const told = said.toSorted((a, b) => rank(b, now) - rank(a, now) || (a.at < b.at ? 1 : -1))[0];
    if (!told) throw new Error('A loop that nobody spoke of.');
    const { name, title, idleMs, done, said: result, tookMs, okAt, workedAt, failures, lastError } = told;
    const since = okAt === null ? null : now.getTime() - Date.parse(okAt);
    const silent = !isFresh(told, now);
    return {
      ...{ name, title, idleMs, done, said: result, tookMs, okAt, workedAt, failures, lastError },
      state: silent ? 'silent' : failures > 0 ? 'failing' : 'running',
      // What it says is up to five seconds old, so that a loop in its stride has no lag.
      lagMs: since === null ? null : Math.max(0, since - idleMs - silentMs),
      nextAt: silent || okAt === null ? null : new Date(Date.parse(okAt) + idleMs).toISOString(),
      holder: silent || !told.holding ? null : told.worker,
      workers: said.filter(report => isFresh(report, now)).length,
    };
  });
}

const isFresh = (report: LoopReport, now: Date) => now.getTime() - Date.parse(report.at) < silentMs;
const rank = (report: LoopReport, now: Date) =>
  (isFresh(report, now) ? 4 : 0) + (report.holding ? 2 : 0) + (report.failures > 0 ? 1 : 0);
