import type { Database, ReadDb, Tx } from '#kernel/db/database.ts';
import { runOver } from './errors.ts';
import type { FailoverSettings, FailoverStep, Found, Observation } from './schema.ts';

export interface WriteRow {
  region: string;
  writes: boolean;
  fencing: boolean;
  epoch: number;
  simulated: boolean;
  since: string;
  unknownSince: string | null;
  found: Found | null;
  unguarded: string[];
  guardsAt: string | null;
}

const writeColumns =
  'region, writes, fencing, epoch, simulated, since, unknown_since as "unknownSince", found, unguarded, guards_at as "guardsAt"';
const reach = (db: ReadDb) => (db.scope.reach === 'simulated' ? 'simulated' : 'true');

export const selectWrites = (db: ReadDb): Promise<WriteRow[]> =>
  db.query({
    sql: `select ${writeColumns} from region_write where ${reach(db)} order by region`,
    parameters: [],
  });

/** As it is at this moment, for a renewal: never from memory. */
export async function writesNow(database: Database, region: string): Promise<WriteRow | null> {
  const { rows } = await database.pool('atom_app').query({
    name: 'edge-writes-now',
    text: `select ${writeColumns} from region_write where region = $1`,
    values: [region],
  });
  return (rows[0] as WriteRow | undefined) ?? null;
}

/** As this transaction sees it, and nobody else changes it before its end. */
export async function writesIn(tx: Tx, region: string): Promise<{ writes: boolean; epoch: number } | null> {
  const [row] = await tx.$queryRaw<{ writes: boolean; epoch: number }[]>`
    select writes, epoch from region_write where region = ${region} for update`;
  return row ?? null;
}

export async function ensureWrites(
  tx: Tx,
  rows: readonly {
    region: string;
    writes: boolean;
    epoch: number;
    simulated: boolean;
    unknownSince: Date | null;
  }[],
  now: Date,
): Promise<void> {
  await tx.regionWrite.createMany({ data: rows.map(row => ({ ...row, since: now })), skipDuplicates: true });
}

export async function setWrites(
  tx: Tx,
  region: string,
  change: Partial<Pick<WriteRow, 'writes' | 'fencing' | 'epoch'>> & { unknownSince?: null },
  now: Date,
): Promise<void> {
  await tx.regionWrite.update({ where: { region }, data: { ...change, since: now } });
}

export async function doubtRole(tx: Tx, region: string, now: Date): Promise<void> {
  await tx.regionWrite.update({ where: { region }, data: { unknownSince: now } });
}
export async function confirmRoles(tx: Tx, regions: string[]): Promise<void> {
  await tx.regionWrite.updateMany({ where: { region: { in: regions } }, data: { unknownSince: null } });
}

export async function saveGuards(
  database: Database,
  region: string,
  unguarded: string[],
  now: Date,
): Promise<void> {
  await database.pool('atom_app').query({
    name: 'edge-guards',
    text: 'update region_write set unguarded = $2, guards_at = $3 where region = $1',
    values: [region, unguarded, now],
  });
}

/** A reading, replaced by the next one. */
export async function saveFound(database: Database, region: string, found: Found): Promise<void> {
  await database.pool('atom_app').query({
    name: 'edge-found',
    text: 'update region_write set found = $2 where region = $1 and unknown_since is not null',
    values: [region, JSON.stringify(found)],
  });
}

/** Facts of a run that grow while it goes on. */
export interface RunFacts {
  ready: boolean;
  notReady: string[];
  predictedRpoSeconds: number | null;
  predictedRtoSeconds: number;
  /** Absent in runs of before it was predicted. */
  predictedDetectSeconds?: number | null;
  streams: string[];
  /** The order was for a primary that answers: it is emptied, or keeps the right to write. Absent in older runs. */
  answers?: boolean;
  /** Regions that are to refuse from now on, where people said who writes after the console lost count. */
  decides?: string[];
  /** When the old primary was last heard, and what was known of its log then. */
  lastHeardAt: string | null;
  lastLsn: string | null;
  downAt: string | null;
  fenced: boolean | null;
  /** Since when the target has been silent in the step that goes on. */
  silentSince?: string | null;
  rpoBytes: number | null;
  rpoSeconds: number | null;
  writtenAt: string | null;
  message: string | null;
}

export interface StoredRun {
  id: string;
  from: string;
  to: string;
  dry: boolean;
  automatic: boolean;
  state: 'running' | 'done' | 'failed';
  epoch: number;
  reason: string;
  by: string;
  steps: FailoverStep[];
  facts: RunFacts;
  simulated: boolean;
  startedAt: string;
  finishedAt: string | null;
}

const runColumns = `id, from_region as "from", to_region as "to", dry, automatic, state, epoch, reason, by, steps, facts, simulated,
  started_at as "startedAt", finished_at as "finishedAt"`;

export const findRun = (db: ReadDb, id: string): Promise<StoredRun | null> =>
  db.one({ sql: `select ${runColumns} from failover_run where id = $1 and ${reach(db)}`, parameters: [id] });
export const selectRuns = (db: ReadDb, limit = 50): Promise<StoredRun[]> =>
  db.query({
    sql: `select ${runColumns} from failover_run where ${reach(db)} order by started_at desc, id desc limit $1`,
    parameters: [limit],
  });

/** The newest of each pair of regions, whichever way round: it says how their streams lie. */
export const selectNewestOfPairs = (db: ReadDb): Promise<StoredRun[]> =>
  db.query({
    sql: `select distinct on (least(from_region, to_region), greatest(from_region, to_region)) ${runColumns} from failover_run
      where not dry and ${reach(db)}
      order by least(from_region, to_region), greatest(from_region, to_region), started_at desc, id desc`,
    parameters: [],
  });

/** What took the right to write from a region under an epoch. */
export const findOrder = (db: ReadDb, from: string, epoch: number): Promise<StoredRun | null> =>
  db.one({
    sql: `select ${runColumns} from failover_run where from_region = $1 and epoch = $2 and not dry and ${reach(db)}
      order by started_at desc, id desc limit 1`,
    parameters: [from, epoch],
  });

/** Under way, however many orders were given since. */
export const selectRunning = (db: ReadDb): Promise<StoredRun[]> =>
  db.query({
    sql: `select ${runColumns} from failover_run where state = 'running' and not dry and ${reach(db)} order by started_at, id`,
    parameters: [],
  });

/** All of them, in one order: two that change roles at once wait for each other, and neither is refused. */
export async function lockRoles(tx: Tx): Promise<void> {
  await tx.$queryRaw`select 1 from region_write order by region for update`;
}

/** Who begins one holds all roles until its commit, so that the next one sees it. */
export async function regionsUnderWay(tx: Tx): Promise<string[]> {
  await lockRoles(tx);
  const runs = await tx.failoverRun.findMany({
    where: { state: 'running', dry: false },
    select: { from: true, to: true },
  });
  return runs.flatMap(run => [run.from, run.to]);
}

/** Those that were meant: dry runs need nobody's word, and as many as there may be hide none of these. */
export const selectOrders = (db: ReadDb, limit = 20): Promise<StoredRun[]> =>
  db.query({
    sql: `select ${runColumns} from failover_run where not dry and ${reach(db)} order by started_at desc, id desc limit $1`,
    parameters: [limit],
  });

export async function insertRun(
  tx: Tx,
  run: Omit<StoredRun, 'startedAt' | 'finishedAt'>,
  now: Date,
): Promise<void> {
  await tx.failoverRun.create({
    data: {
      ...run,
      steps: run.steps as never,
      facts: run.facts as never,
      startedAt: now,
      ...(run.state === 'running' ? {} : { finishedAt: now }),
    },
  });
}

/** Only while it runs: whoever still carries on what others ended changes nothing any more. */
export async function saveRun(
  tx: Tx,
  id: string,
  change: { state?: StoredRun['state']; steps: FailoverStep[]; facts: RunFacts; finishedAt?: Date },
): Promise<void> {
  const { count } = await tx.failoverRun.updateMany({
    where: { id, state: 'running' },
    data: { ...change, steps: change.steps as never, facts: change.facts as never },
  });
  if (count === 0) throw runOver(id);
}

export async function readSettings(db: ReadDb): Promise<FailoverSettings> {
  const row = await db.one<FailoverSettings>({
    sql: `select automatic, hold_down_minutes as "holdDownMinutes", max_per_hour as "maxPerHour", quorum, updated_at as "updatedAt"
      from failover_setting`,
    parameters: [],
  });
  return row ?? { automatic: false, holdDownMinutes: 10, maxPerHour: 2, quorum: 2, updatedAt: null };
}

export async function saveSettings(tx: Tx, s: Omit<FailoverSettings, 'updatedAt'>, now: Date): Promise<void> {
  const data = { ...s, updatedAt: now };
  await tx.failoverSetting.upsert({ where: { id: true }, create: { id: true, ...data }, update: data });
}

export interface StoredObservation extends Observation {
  name: string | null;
  heardAt: string | null;
  lsn: string | null;
}

export const selectObservations = (db: ReadDb): Promise<StoredObservation[]> =>
  db.query({
    sql: 'select observer, name, region, up, at, since, said, heard_at as "heardAt", lsn from failover_observation order by region, observer',
    parameters: [],
  });

/** A reading, replaced by the next one; `since` stays while the word does. */
export async function saveObservation(
  database: Database,
  o: Pick<StoredObservation, 'observer' | 'region' | 'up' | 'said' | 'lsn'> & { name?: string },
  now: Date,
): Promise<void> {
  await database.pool('atom_app').query({
    name: 'edge-observe',
    text: `insert into failover_observation as f (observer, region, up, at, since, said, lsn, heard_at, name)
      values ($1, $2, $3, $4, $4, $5, $6, case when $3 then $4::timestamptz end, $7)
      on conflict (observer, region) do update set up = excluded.up, at = excluded.at, said = excluded.said, name = excluded.name,
        lsn = coalesce(excluded.lsn, f.lsn), heard_at = coalesce(excluded.heard_at, f.heard_at),
        since = case when f.up is not distinct from excluded.up then f.since else excluded.at end`,
    values: [o.observer, o.region, o.up, now, o.said, o.lsn, o.name ?? null],
  });
}
