import { sql } from 'kysely';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { Database, ReadDb, Tx } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { ListSessionsInput, SessionListRow } from './schema.ts';

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

export interface WhoseSessions {
  /** Null: everybody's. */
  userId: string | null;
  /** The one that asks. */
  current: string;
  now: Date;
}

interface Tables {
  session: {
    id: string;
    user_id: string;
    created_at: string;
    last_seen_at: string;
    expires_at: string;
    mfa_at: string | null;
    ip: string;
    user_agent: string;
    revoked_at: string | null;
  };
  user: { id: string; name: string };
}
const k = compiler<Tables>();
const order = {
  lastSeenAt: 'session.last_seen_at',
  createdAt: 'session.created_at',
  userName: 'user.name',
} as const;

function open({ userId, now }: WhoseSessions, { search }: Pick<ListSessionsInput, 'search'>) {
  let q = k
    .selectFrom('session')
    .innerJoin('user', 'user.id', 'session.user_id')
    .where('session.revoked_at', 'is', null)
    .where('session.expires_at', '>', now.toISOString());
  if (userId !== null) q = q.where('session.user_id', '=', userId);
  if (search) {
    const like = likePattern(search);
    q = q.where(eb => eb.or([eb('user.name', 'ilike', like), eb('session.ip', 'ilike', like)]));
  }
  return q;
}

export const selectSessions = (
  db: ReadDb,
  whose: WhoseSessions,
  input: ListSessionsInput,
): Promise<SessionListRow[]> =>
  db.query<SessionListRow>(
    prepared(
      open(whose, input)
        .select(eb => [
          'session.id',
          'session.user_id as userId',
          'user.name as userName',
          'session.created_at as createdAt',
          'session.last_seen_at as lastSeenAt',
          'session.expires_at as expiresAt',
          'session.mfa_at as mfaAt',
          'session.ip',
          'session.user_agent as userAgent',
          eb('session.id', '=', whose.current).as('current'),
        ])
        .orderBy(order[input.sort], input.dir)
        .orderBy('session.id', input.dir)
        .limit(pageLimit(input.limit))
        .offset(input.offset)
        .compile(),
    ) as never,
  );

export async function countSessions(
  db: ReadDb,
  whose: WhoseSessions,
  input: ListSessionsInput,
): Promise<number> {
  const q = open(whose, input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

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
