import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import type { DrillRow, Objective, SnapshotRow } from './schema.ts';

const columns = `id, origin, state, store, started_at as "startedAt", finished_at as "finishedAt", bytes, tables, rows,
  manifest_hash as "manifestHash", ledger_size as "ledgerSize", newest_at as "newestAt", proven_at as "provenAt", error`;

export const selectSnapshots = (db: ReadDb, limit = 200): Promise<SnapshotRow[]> =>
  db.query({
    sql: `select ${columns} from recovery_snapshot where state <> 'forgotten' order by started_at desc limit $1`,
    parameters: [limit],
  });

export const findSnapshot = (db: ReadDb, id: string): Promise<SnapshotRow | null> =>
  db.one({ sql: `select ${columns} from recovery_snapshot where id = $1`, parameters: [id] });

export async function insertSnapshot(
  tx: Tx,
  row: { id: string; origin: string; store: string; startedAt: Date },
): Promise<void> {
  await tx.recoverySnapshot.create({ data: { ...row, state: 'waiting' } });
}

/** The last restore that passed of a snapshot that is still there and did not fail a later one. */
export const findProof = (db: ReadDb): Promise<DrillRow | null> =>
  db.one({
    sql: `select ${drillColumns} from recovery_drill d where passed
      and exists (select 1 from recovery_snapshot s
        where s.id = d.snapshot_id and s.state = 'complete' and s.proven_at is not null)
      order by started_at desc limit 1`,
    parameters: [],
  });

/** False when another worker has it already: a copy is taken once. */
export async function claimSnapshot(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.recoverySnapshot.updateMany({
    where: { id, state: { in: ['waiting', 'taking'] } },
    data: { state: 'taking', startedAt: now },
  });
  return count === 1;
}

export async function finishSnapshot(
  tx: Tx,
  id: string,
  data: Partial<{
    state: string;
    finishedAt: Date;
    bytes: number;
    tables: number;
    rows: number;
    manifestHash: string;
    ledgerSize: number;
    newestAt: Date | null;
    provenAt: Date | null;
    error: string;
  }>,
): Promise<void> {
  await tx.recoverySnapshot.update({ where: { id }, data });
}

const drillColumns = `id, snapshot_id as "snapshotId", origin, started_at as "startedAt", duration_ms as "durationMs", passed, checks`;

export const selectDrills = (db: ReadDb, limit = 100): Promise<DrillRow[]> =>
  db.query({
    sql: `select ${drillColumns} from recovery_drill order by started_at desc limit $1`,
    parameters: [limit],
  });

export const findDrill = (db: ReadDb, id: string): Promise<(DrillRow & { report: never }) | null> =>
  db.one({ sql: `select ${drillColumns}, report from recovery_drill where id = $1`, parameters: [id] });

export async function insertDrill(
  tx: Tx,
  { checks, report, ...row }: Omit<DrillRow, 'startedAt'> & { startedAt: Date; report: unknown },
): Promise<void> {
  await tx.recoveryDrill.create({
    data: { ...row, checks: checks as Prisma.InputJsonValue, report: report as Prisma.InputJsonValue },
  });
}

/** No role of a region is believed after this, and no failover or move of before is carried on. */
export async function doubtRoles(
  tx: Tx,
  now: Date,
  why: string,
): Promise<{ regions: string[]; runs: string[]; moves: string[] }> {
  const [row] = await tx.$queryRaw<{ regions: string[]; runs: string[]; moves: string[] }[]>`
    select regions, runs, moves from doubt_region_roles(${now}, ${why})`;
  return row ?? { regions: [], runs: [], moves: [] };
}

export const selectObjectives = (db: ReadDb): Promise<Objective[]> =>
  db.query({
    sql: `select tier, rpo_seconds as "rpoSeconds", rto_seconds as "rtoSeconds", proven_hours as "provenHours" from recovery_objective`,
    parameters: [],
  });

export async function saveObjective(tx: Tx, { tier, ...rest }: Objective, now: Date): Promise<void> {
  const data = { ...rest, updatedAt: now };
  await tx.recoveryObjective.upsert({ where: { tier }, create: { tier, ...data }, update: data });
}
