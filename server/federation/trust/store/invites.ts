import type { ReadDb, Tx } from '#kernel/db/database.ts';

export interface StoredInvite {
  id: string;
  trustDomain: string;
  expiresAt: string;
  createdAt: string;
  usedAt: string | null;
  usedBy: string | null;
}
const inviteColumns = `id, trust_domain as "trustDomain", expires_at as "expiresAt", created_at as "createdAt", used_at as "usedAt",
  used_by as "usedBy"`;

export const selectInvites = (db: ReadDb): Promise<StoredInvite[]> =>
  db.query({
    sql: `select ${inviteColumns} from federation_invite order by created_at desc limit 50`,
    parameters: [],
  });

export const findInvite = (db: ReadDb, hash: string): Promise<StoredInvite | null> =>
  db.one({ sql: `select ${inviteColumns} from federation_invite where hash = $1`, parameters: [hash] });

export async function insertInvite(
  tx: Tx,
  row: { id: string; trustDomain: string; hash: string; expiresAt: Date; createdBy: string; createdAt: Date },
): Promise<void> {
  await tx.federationInvite.create({ data: row });
}

/** One join for each invitation, whoever is first. */
export async function useInvite(tx: Tx, id: string, by: string, now: Date): Promise<boolean> {
  const { count } = await tx.federationInvite.updateMany({
    where: { id, usedAt: null, expiresAt: { gt: now } },
    data: { usedAt: now, usedBy: by },
  });
  return count === 1;
}
