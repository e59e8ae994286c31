import type { z } from 'zod';
import type { Outcome, PolicyId } from '#kernel/controls/define.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { alertRow } from './schema.ts';

export interface RunRow {
  control: string;
  policy: PolicyId;
  system: string;
  result: Outcome['result'];
  reason: string;
  evidence: string[];
  at: string;
}

export const selectLatestRuns = (db: ReadDb): Promise<RunRow[]> =>
  db.query<RunRow>({
    name: 'control-latest',
    sql: 'select distinct on (control) control, policy, system, result, reason, evidence, at from control_run order by control, at desc',
    parameters: [],
  });

export const selectAlerts = (db: ReadDb): Promise<z.output<typeof alertRow>[]> =>
  db.query({
    name: 'policy-alerts',
    sql: `select id, control, policy, reason, raised_at as "raisedAt", cleared_at as "clearedAt" from policy_alert
      order by cleared_at is not null, raised_at desc limit 200`,
    parameters: [],
  });

export async function insertRuns(
  tx: Tx,
  runs: { id: string; control: string; policy: string; system: string; outcome: Outcome }[],
  now: Date,
): Promise<void> {
  await tx.controlRun.createMany({
    data: runs.map(({ outcome, ...run }) => ({
      ...run,
      result: outcome.result,
      reason: outcome.reason,
      evidence: outcome.evidence ?? [],
      at: now,
    })),
  });
  await tx.controlRun.deleteMany({ where: { at: { lt: new Date(now.getTime() - 30 * 86_400_000) } } });
}

export async function raiseAlert(
  tx: Tx,
  alert: { id: string; control: string; policy: string; reason: string },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.policyAlert.createMany({
    data: [{ ...alert, open: alert.control, raisedAt: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

export async function clearAlert(tx: Tx, control: string, now: Date): Promise<boolean> {
  const { count } = await tx.policyAlert.updateMany({
    where: { open: control },
    data: { clearedAt: now, open: null },
  });
  return count > 0;
}

export const tablesWithoutIsolation = async (db: ReadDb): Promise<string[]> =>
  (
    await db.query<{ name: string }>({
      name: 'p5-tables',
      sql: 'select name from tables_without_isolation()',
      parameters: [],
    })
  ).map(row => row.name);

export const ledgerLagSeconds = async (db: ReadDb): Promise<number> =>
  (
    await db.one<{ lag: number | null }>({
      name: 'p7-ledger-lag',
      sql: `select extract(epoch from now() - min(e.at))::float8 as lag from ledger_entry e
        where e.id > (select low from ledger_head) and not exists (select 1 from ledger_leaf l where l.entry_id = e.id)`,
      parameters: [],
    })
  )?.lag ?? 0;

export const newestCheckpointAge = async (db: ReadDb): Promise<number | null> =>
  (
    await db.one<{ behind: number | null }>({
      name: 'p2-checkpoint',
      sql: 'select (select size from ledger_head) - size as behind from ledger_checkpoint order by generation desc, size desc limit 1',
      parameters: [],
    })
  )?.behind ?? null;
