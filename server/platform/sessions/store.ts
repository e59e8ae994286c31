import type { Database, ReadDb, Tx } from '#kernel/db/database.ts';
import type { SessionListRow } from './schema.ts';

export interface Account {
  id: string;
  name: string;
  roles: string[];
  state: string;
  passwordHash: string;
  failedCount: number;
  lockedUntil: string | null;
  mfaEnrolled: boolean;
}

const accountSql = `select id, name, roles, state, password_hash as "passwordHash", failed_count as "failedCount",
  locked_until as "lockedUntil",
  (exists (select 1 from totp_device d where d.user_id = u.id and d.confirmed_at is not null)
    or exists (select 1 from passkey k where k.user_id = u.id)) as "mfaEnrolled"
  from "user" u`;

export const findAccount = (db: ReadDb, name: string): Promise<Account | null> =>
  db.one<Account>({ name: 'account', sql: `${accountSql} where name = $1`, parameters: [name] });

export const findAccountById = (db: ReadDb, id: string): Promise<Account | null> =>
  db.one<Account>({ name: 'account-by-id', sql: `${accountSql} where id = $1`, parameters: [id] });

export async function countFailure(tx: Tx, userId: string): Promise<number> {
  const user = await tx.user.update({
    where: { id: userId },
    data: { failedCount: { increment: 1 } },
    select: { failedCount: true },
  });
  return user.failedCount;
}

export const lockUser = (tx: Tx, userId: string, until: Date) =>
  tx.user.update({ where: { id: userId }, data: { lockedUntil: until }, select: { id: true } });

export async function insertSession(
  tx: Tx,
  session: { id: string; userId: string; ip: string; userAgent: string; mfaAt: Date | null; expiresAt: Date },
  now: Date,
  rehashed: string | null,
): Promise<void> {
  await tx.session.create({ data: { ...session, createdAt: now, lastSeenAt: now } });
  await tx.user.update({
    where: { id: session.userId },
    data: { failedCount: 0, lockedUntil: null, ...(rehashed ? { passwordHash: rehashed } : {}) },
  });
}

export const selectSessions = (
  db: ReadDb,
  userId: string | null,
  current: string,
  now: Date,
): Promise<SessionListRow[]> =>
  db.query<SessionListRow>({
    name: 'session-list',
    sql: `select s.id, s.user_id as "userId", u.name as "userName", s.created_at as "createdAt", s.last_seen_at as "lastSeenAt",
      s.expires_at as "expiresAt", s.mfa_at as "mfaAt", s.ip, s.user_agent as "userAgent", s.id = $2::uuid as current
      from session s join "user" u on u.id = s.user_id
      where ($1::uuid is null or s.user_id = $1::uuid) and s.revoked_at is null and s.expires_at > $3
      order by s.last_seen_at desc limit 500`,
    parameters: [userId, current, now],
  });

export const findSessionOwner = (db: ReadDb, id: string) =>
  db.one<{ userId: string }>({
    name: 'session-owner',
    sql: 'select user_id as "userId" from session where id = $1 and revoked_at is null',
    parameters: [id],
  });

export async function markRevoked(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.session.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } });
  return count === 1;
}

export interface Visit {
  state: Buffer;
  browser: Buffer;
  nonce: string;
  verifier: string;
  next: string;
  linkUser: string | null;
  linkSession: string | null;
  expiresAt: Date;
}

/** A question that was asked, not a change of anybody's: written past the ledger, and pruned. */
export async function insertVisit(database: Database, visit: Visit): Promise<void> {
  await database.pool('atom_app').query(
    `insert into provider_visit (state, browser, nonce, verifier, next, link_user, link_session, expires_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      visit.state,
      visit.browser,
      visit.nonce,
      visit.verifier,
      visit.next,
      visit.linkUser,
      visit.linkSession,
      visit.expiresAt,
    ],
  );
}

/** Comes back once, whatever is then found wrong with it. */
export async function takeVisit(database: Database, state: Buffer): Promise<Visit | null> {
  const taken = await database.pool('atom_app').query(
    `delete from provider_visit where state = $1 returning state, browser, nonce, verifier, next,
      link_user as "linkUser", link_session as "linkSession", expires_at as "expiresAt"`,
    [state],
  );
  const row = taken.rows[0] as (Omit<Visit, 'expiresAt'> & { expiresAt: string }) | undefined;
  return row ? { ...row, expiresAt: new Date(row.expiresAt) } : null;
}

export const findLinked = (db: ReadDb, issuer: string, subject: string) =>
  db.one<{ userId: string }>({
    name: 'provider-link',
    sql: 'select user_id as "userId" from external_identity where issuer = $1 and subject = $2',
    parameters: [issuer, subject],
  });

export const findConnection = (db: ReadDb, issuer: string, userId: string) =>
  db.one<{ createdAt: string; lastUsedAt: string | null }>({
    name: 'provider-connection',
    sql: `select created_at as "createdAt", last_used_at as "lastUsedAt" from external_identity
      where issuer = $1 and user_id = $2 order by created_at limit 1`,
    parameters: [issuer, userId],
  });

/** False when the account at the provider opens an account here already. */
export async function insertLink(
  tx: Tx,
  link: { issuer: string; subject: string; userId: string },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.externalIdentity.createMany({
    data: [{ ...link, createdAt: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

export const touchLink = (tx: Tx, issuer: string, subject: string, now: Date) =>
  tx.externalIdentity.updateMany({ where: { issuer, subject }, data: { lastUsedAt: now } });

export async function deleteLinks(tx: Tx, issuer: string, userId: string): Promise<number> {
  const { count } = await tx.externalIdentity.deleteMany({ where: { issuer, userId } });
  return count;
}

/** Whether this session of this user still stands. */
export const sessionStands = async (db: ReadDb, id: string, userId: string, now: Date): Promise<boolean> =>
  (await db.one({
    name: 'session-stands',
    sql: 'select 1 as found from session where id = $1 and user_id = $2 and revoked_at is null and expires_at > $3',
    parameters: [id, userId, now],
  })) !== null;
