import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Prisma } from '#kernel/db/generated/client.ts';
import type { FederationRules } from '../schema.ts';

export interface StoredRules {
  version: number;
  at: string;
  by: string;
  body: FederationRules;
}

export const findRules = (db: ReadDb): Promise<StoredRules | null> =>
  db.one({
    sql: 'select version, at, by, body from federation_rules order by version desc limit 1',
    parameters: [],
  });

export async function insertRules(
  tx: Tx,
  row: { version: number; body: FederationRules; at: Date; by: string },
): Promise<boolean> {
  const { count } = await tx.federationRules.createMany({
    data: [{ ...row, body: row.body as Prisma.InputJsonValue }],
    skipDuplicates: true,
  });
  return count === 1;
}
