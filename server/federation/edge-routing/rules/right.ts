import type { WriteRight } from '../schema.ts';
import { leaseMs, marginMs } from './lease.ts';
import { joinedRegions } from './roles.ts';

export interface RoleRow {
  region: string;
  writes: boolean;
  fencing: boolean;
  epoch: number;
  unknownSince: string | null;
  /** The console looks at it; null = nobody has looked yet. */
  looked: boolean | null;
  /** When it last answered the console, and so was given a lease at most. */
  heardAt: string | null;
}

export interface Right {
  is: WriteRight;
  said: string;
  /** Those that write in its place and hold rows of the tenant: where one of them is kept, it goes first. */
  writers: readonly string[];
}

export interface Joined {
  from: string;
  to: string;
  /** The tenant's rows are in it. */
  carries: boolean;
}

const lapsed = (row: RoleRow, now: number): boolean =>
  row.looked !== null && !(row.heardAt && now - Date.parse(row.heardAt) <= leaseMs + marginMs);

/** What each region that has a role may do with this tenant's rows. A region without one is not spoken of. */
export function rightsOf(
  rows: readonly RoleRow[],
  joined: readonly Joined[],
  now: number,
): Map<string, Right> {
  const names = rows.map(row => row.region);
  const groups = joinedRegions(names, joined);
  const own = joinedRegions(
    names,
    joined.filter(pair => pair.carries),
  );
  const holders = (row: RoleRow, among: string[][]) => {
    const group = among.find(one => one.includes(row.region)) ?? [];
    return rows.filter(r => r !== row && r.writes && r.unknownSince === null && group.includes(r.region));
  };
  return new Map(
    rows.map(row => {
      const able = holders(row, own).filter(r => !r.fencing && !lapsed(r, now));
      const word = wordOf(row, holders(row, groups), able, now);
      const writers = word.is === 'writes' ? [] : able.map(r => r.region);
      return [row.region, { ...word, writers }];
    }),
  );
}

function wordOf(
  row: RoleRow,
  holders: readonly RoleRow[],
  able: readonly RoleRow[],
  now: number,
): Omit<Right, 'writers'> {
  const say = (is: WriteRight, words: string) => ({ is, said: `right to write: ${words}` });
  if (row.unknownSince !== null) return say('unknown', 'not known, so nobody gets a lease there until it is');
  if (row.fencing) return say('refuses', 'a failover is taking it away, so it may only be read');
  if (row.writes && lapsed(row, now))
    return say('refuses', 'it does not answer the console, so its lease has lapsed');
  if (row.writes) return say('writes', `it writes since epoch ${row.epoch}`);
  const [holder] = able.length > 0 ? able : holders;
  if (!holder) return say('refuses', 'it may only be read, and no region that streams join with it writes');
  const { region, epoch } = holder;
  const since = `${region} writes for ${row.region} since epoch ${epoch}`;
  const but = able.includes(holder)
    ? ''
    : holder.fencing
      ? ', and is being failed over'
      : lapsed(holder, now)
        ? ', and its lease has lapsed'
        : ', and holds no rows of this tenant';
  return say('refuses', `it may only be read: ${since}${but}`);
}
