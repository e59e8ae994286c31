import type { ReadDb, Tx } from '#kernel/db/database.ts';

export interface Effect {
  key: string;
  tenantId: string;
  executionId: string;
  driver: string;
  version: string;
}

/** True for the first who comes with this key; in the transaction of the effect, so that neither is without the other. */
export async function claimEffect(tx: Tx, effect: Effect, now: Date): Promise<boolean> {
  const { count } = await tx.actionEffect.createMany({
    data: [{ ...effect, at: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

export const wasCarriedOut = async (db: ReadDb, key: string): Promise<boolean> =>
  (await db.one({
    name: 'action-effect',
    sql: 'select key from action_effect where key = $1',
    parameters: [key],
  })) !== null;
