import { sql } from 'kysely';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { ListUsersInput, UserRow } from './schema.ts';

interface Tables {
  user: {
    id: string;
    name: string;
    display_name: string;
    roles: string[];
    state: string;
    locked_until: string | null;
    version: number;
    created_at: string;
  };
}

const k = compiler<Tables>();
const lastSeen = sql<string | null>`(select max(s.last_seen_at) from session s where s.user_id = "user".id)`;
const hasMfa = sql<boolean>`(exists (select 1 from totp_device d where d.user_id = "user".id and d.confirmed_at is not null)
  or exists (select 1 from passkey k where k.user_id = "user".id))`;

function filtered(input: Pick<ListUsersInput, 'search' | 'state' | 'role'>) {
  let q = k.selectFrom('user');
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('name', 'ilike', like), eb('display_name', 'ilike', like)]));
  }
  if (input.state?.length) q = q.where('state', 'in', input.state);
  if (input.role?.length) q = q.where(sql<boolean>`roles && ${input.role}::text[]`);
  return q;
}

const shown = [
  'id',
  'name',
  'display_name as displayName',
  'roles',
  'state',
  'locked_until as lockedUntil',
  'version',
  'created_at as createdAt',
] as const;

export function selectUsers(db: ReadDb, input: ListUsersInput): Promise<UserRow[]> {
  const order = {
    name: sql`name`,
    displayName: sql`display_name`,
    createdAt: sql`created_at`,
    lastSeenAt: lastSeen,
  }[input.sort];
  const q = filtered(input)
    .select([...shown, lastSeen.as('lastSeenAt'), hasMfa.as('mfa')])
    .orderBy(sql`${order} ${sql.raw(input.dir)} nulls last`)
    .orderBy('id')
    .limit(pageLimit(input.limit))
    .offset(input.offset)
    .compile();
  return db.query<UserRow>(prepared(q) as never);
}

export async function countUsers(db: ReadDb, input: ListUsersInput): Promise<number> {
  const q = filtered(input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

export function findUser(db: ReadDb, id: string): Promise<UserRow | null> {
  const q = k
    .selectFrom('user')
    .select([...shown, lastSeen.as('lastSeenAt'), hasMfa.as('mfa')])
    .where('id', '=', id)
    .compile();
  return db.one<UserRow>(prepared(q) as never);
}

export const findIdByName = (db: ReadDb, name: string): Promise<{ id: string } | null> =>
  db.one<{ id: string }>({
    name: 'user-by-name',
    sql: 'select id from "user" where name = $1',
    parameters: [name],
  });

export interface Profile {
  displayName: string;
  passwordHash: string;
  mustChange: boolean;
}

export const findProfile = (db: ReadDb, id: string): Promise<Profile | null> =>
  db.one<Profile>({
    name: 'user-profile',
    sql: 'select display_name as "displayName", password_hash as "passwordHash", must_change as "mustChange" from "user" where id = $1',
    parameters: [id],
  });

export interface NewUser {
  id: string;
  name: string;
  displayName: string;
  email: string | null;
  roles: string[];
  passwordHash: string;
  mustChange: boolean;
}

export async function insertUser(tx: Tx, user: NewUser, now: Date): Promise<boolean> {
  const { count } = await tx.user.createMany({
    data: [{ ...user, createdAt: now, updatedAt: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

export async function updateUser(
  tx: Tx,
  id: string,
  version: number,
  data: { displayName?: string; roles?: string[]; email?: string; state?: string },
  now: Date,
): Promise<boolean> {
  const { count } = await tx.user.updateMany({
    where: { id, version },
    data: { ...data, version: version + 1, updatedAt: now },
  });
  return count === 1;
}

export async function setPassword(
  tx: Tx,
  id: string,
  passwordHash: string,
  mustChange: boolean,
  now: Date,
): Promise<void> {
  await tx.user.update({
    where: { id },
    data: {
      passwordHash,
      mustChange,
      failedCount: 0,
      lockedUntil: null,
      updatedAt: now,
      version: { increment: 1 },
    },
  });
}

/** Serialises changes that could remove the last administrator. */
export async function otherActiveAdmins(tx: Tx, id: string): Promise<number> {
  await tx.$queryRaw`select pg_advisory_xact_lock(418213364010)::text`;
  return tx.user.count({ where: { state: 'active', roles: { has: 'admin' }, id: { not: id } } });
}

export async function revokeSessionsOf(tx: Tx, userId: string, now: Date, except?: string): Promise<number> {
  const { count } = await tx.session.updateMany({
    where: { userId, revokedAt: null, ...(except ? { id: { not: except } } : {}) },
    data: { revokedAt: now },
  });
  return count;
}

/** Whom messages for these people and roles reach now; suspended people are told nothing. */
export const selectContacts = (
  db: ReadDb,
  ids: readonly string[],
  roles: readonly string[],
): Promise<{ id: string; displayName: string; email: string | null }[]> =>
  db.query({
    name: 'user-contacts',
    sql: `select id, display_name as "displayName", email from "user"
      where state = 'active' and (id::text = any($1::text[]) or roles && $2::text[]) order by id`,
    parameters: [ids, roles],
  });
