import type { LeakScan, ParityRun, StreamRow } from '../schema.ts';

const hour = 3_600_000;
/** What is older is looked at again by itself … */
export const verifyEveryMs = 6 * hour;
/** … and what is older than this proves nothing any more. */
export const mostAgeMs = 24 * hour;
/** So long a comparison that was asked for may be under way before another one is. */
const underWayMs = mostAgeMs;
/** A search is asked for together with comparisons, and comes after them. */
const afterThemMs = hour;

/** What a verification by itself may ask of both servers: nobody waits for it. */
export const gentleRowsPerSecond = 20_000;

export const isOld = (at: string | null, now: number, most = mostAgeMs): boolean =>
  at === null || now - Date.parse(at) > most;

type Stream = Pick<StreamRow, 'id' | 'state' | 'tables' | 'look'>;
type Run = Pick<ParityRun, 'streamId' | 'table' | 'state' | 'startedAt'>;
type Scan = Pick<LeakScan, 'streamId' | 'at' | 'whole' | 'leaks'>;

/** Only what flows can be compared: one that is stopped or not reached would keep tries waiting. */
const flowing = ['streaming', 'lagging'];

/** What of a stream is to be looked at again; null where nothing is. `runs` are the newest of each table, `scans` of each stream. */
export function dueOf(
  stream: Stream,
  runs: readonly Run[],
  scans: readonly Scan[],
  now: number,
): { tables: string[]; leaks: boolean; whole: boolean } | null {
  if (stream.state !== 'active' || !flowing.includes(stream.look?.health ?? '')) return null;
  const own = runs.filter(run => run.streamId === stream.id);
  if (own.some(run => run.state === 'running' && !isOld(run.startedAt, now, underWayMs))) return null;
  const tables = stream.tables
    .map(({ table }) => table)
    .filter(table => {
      const last = own.find(run => run.table === table);
      return !last || isOld(last.startedAt, now, verifyEveryMs);
    });
  const scan = scans.find(one => one.streamId === stream.id);
  const asked = own.some(run => !isOld(run.startedAt, now, afterThemMs));
  const leaks = isOld(scan?.at ?? null, now, verifyEveryMs) && (tables.length > 0 || !asked);
  if (tables.length === 0 && !leaks) return null;
  // What only a search of all values found, a sample would not find again, and seem to have gone.
  return { tables, leaks, whole: leaks && scan?.whole === true && scan.leaks.length > 0 };
}
