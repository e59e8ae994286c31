import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Voter } from '../rules/quorum.ts';

const voterSql = `select id, name, roles, state = 'active' as active from "user"`;

/** Everybody who could have a say: an installation has tens of people, not thousands. */
export const selectVoters = (db: ReadDb): Promise<Voter[]> =>
  db.query<Voter>({
    name: 'approval-voters',
    sql: `${voterSql} order by name limit 2000`,
    parameters: [],
  });

/** As they are at this moment, within the transaction that counts them. */
export async function votersNow(tx: Tx, ids: readonly string[]): Promise<Voter[]> {
  const rows = await tx.user.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, name: true, roles: true, state: true },
  });
  return rows.map(({ state, ...voter }) => ({ ...voter, active: state === 'active' }));
}

export interface DelegationRow {
  id: string;
  fromUser: string;
  toUser: string;
  reason: string;
  startsAt: string;
  endsAt: string;
  revokedAt: string | null;
}

export const selectDelegations = (db: ReadDb): Promise<DelegationRow[]> =>
  db.query<DelegationRow>({
    name: 'approval-delegations',
    sql: `select id, from_user as "fromUser", to_user as "toUser", reason, starts_at as "startsAt", ends_at as "endsAt",
      revoked_at as "revokedAt" from approval_delegation order by starts_at desc limit 500`,
    parameters: [],
  });

/** Whose authority this person may use now. */
export async function delegatorsNow(tx: Tx, userId: string, now: Date): Promise<string[]> {
  const rows = await tx.approvalDelegation.findMany({
    where: { toUser: userId, revokedAt: null, startsAt: { lte: now }, endsAt: { gt: now } },
    orderBy: { startsAt: 'asc' },
  });
  return rows.map(row => row.fromUser);
}

export async function insertDelegation(
  tx: Tx,
  row: { id: string; fromUser: string; toUser: string; reason: string; startsAt: Date; endsAt: Date },
): Promise<void> {
  await tx.approvalDelegation.create({ data: row });
}

export async function revokeDelegation(tx: Tx, id: string, fromUser: string, now: Date): Promise<boolean> {
  const { count } = await tx.approvalDelegation.updateMany({
    where: { id, fromUser, revokedAt: null },
    data: { revokedAt: now },
  });
  return count === 1;
}

/** Whoever made a token stands behind what is asked with it. */
export const tokenMaker = (db: ReadDb, tokenId: string): Promise<{ name: string } | null> =>
  db.one<{ name: string }>({
    name: 'approval-token-maker',
    sql: 'select created_by as name from api_token where id = $1',
    parameters: [tokenId],
  });
