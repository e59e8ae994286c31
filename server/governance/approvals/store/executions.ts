import type { ReadDb, Tx } from '#kernel/db/database.ts';

export interface ExecutionRow {
  id: string;
  tenantId: string;
  title: string;
  service: string;
  replicas: number;
  wanted: number;
  runs: number;
}

export const findExecution = (db: ReadDb, id: string): Promise<ExecutionRow | null> =>
  db.one<ExecutionRow>({
    name: 'simulated-execution',
    sql: `select id, tenant_id as "tenantId", title, service, replicas, wanted, runs from simulated_execution where id = $1`,
    parameters: [id],
  });

export async function insertExecution(tx: Tx, row: ExecutionRow, now: Date): Promise<boolean> {
  const { count } = await tx.simulatedExecution.createMany({
    data: [{ ...row, updatedAt: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

/** The simulated service really gets the wanted number; the next run would set it back. */
export async function applyExecution(tx: Tx, row: ExecutionRow, now: Date): Promise<boolean> {
  const { count } = await tx.simulatedExecution.updateMany({
    where: { id: row.id, runs: row.runs },
    data: { replicas: row.wanted, wanted: row.replicas, runs: row.runs + 1, updatedAt: now },
  });
  return count === 1;
}
