import type { ReadDb, Tx } from '#kernel/db/database.ts';

export interface StoredToken {
  id: string;
  name: string;
  uses: number;
  maxUses: number;
  expiresAt: string;
  createdBy: string;
  createdAt: string;
  revokedAt: string | null;
}

const columns = `id, name, uses, max_uses as "maxUses", expires_at as "expiresAt", created_by as "createdBy",
  created_at as "createdAt", revoked_at as "revokedAt"`;

export const findToken = (db: ReadDb, hash: string): Promise<StoredToken | null> =>
  db.one({ sql: `select ${columns} from relay_token where hash = $1`, parameters: [hash] });

export const listTokens = (db: ReadDb): Promise<StoredToken[]> =>
  db.query({ sql: `select ${columns} from relay_token order by created_at desc limit 200`, parameters: [] });

export async function insertToken(
  tx: Tx,
  row: {
    id: string;
    name: string;
    hash: string;
    maxUses: number;
    expiresAt: Date;
    createdBy: string;
    createdAt: Date;
  },
): Promise<void> {
  await tx.relayToken.create({ data: row });
}

/** Counted and checked in one statement: two joins cannot share the last use. */
export async function useToken(tx: Tx, id: string, now: Date): Promise<boolean> {
  const changed = await tx.$executeRaw`
    update relay_token set uses = uses + 1
    where id = ${id} and uses < max_uses and revoked_at is null and expires_at > ${now}`;
  return changed === 1;
}

export async function revokeTokenRow(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.relayToken.updateMany({
    where: { id, revokedAt: null },
    data: { revokedAt: now },
  });
  return count === 1;
}
