import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Precheck } from './schema.ts';

const keptMs = 30 * 86_400_000;

export async function insertPrecheck(tx: Tx, id: string, result: Precheck): Promise<void> {
  await tx.precheckResult.create({
    data: {
      id,
      phase: result.phase,
      decision: result.decision,
      result: { ...result },
      at: new Date(result.at),
    },
  });
  await tx.precheckResult.deleteMany({ where: { at: { lt: new Date(Date.parse(result.at) - keptMs) } } });
}

export const selectLatest = async (db: ReadDb): Promise<Precheck[]> =>
  (
    await db.query<{ result: Precheck }>({
      name: 'precheck-latest',
      sql: 'select distinct on (phase) result from precheck_result order by phase, at desc',
      parameters: [],
    })
  ).map(row => row.result);
