import { sql } from 'kysely';
import type { JwtKeyRow } from '#kernel/auth/jwt.ts';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { ListTokensInput, TokenListRow } from './schema.ts';

const columns = `id, name, hint, created_by as "createdBy", roles, permissions, tenant_id as "tenantId", created_at as "createdAt",
  expires_at as "expiresAt", last_used_at as "lastUsedAt", revoked_at as "revokedAt"`;

interface Tables {
  api_token: { name: string; created_by: string; revoked_at: string | null; expires_at: string };
}
const k = compiler<Tables>();
const order = {
  createdAt: sql`created_at`,
  name: sql`name`,
  expiresAt: sql`expires_at`,
  lastUsedAt: sql`last_used_at`,
};
/** Revoked comes before expired: what was taken away stays taken away. */
const stateAt = (now: Date) =>
  sql<string>`case when revoked_at is not null then 'revoked' when expires_at <= ${now.toISOString()}::timestamptz then 'expired' else 'active' end`;

function filtered({ search, state }: Pick<ListTokensInput, 'search' | 'state'>, now: Date) {
  let q = k.selectFrom('api_token');
  if (search) {
    const like = likePattern(search);
    q = q.where(eb => eb.or([eb('name', 'ilike', like), eb('created_by', 'ilike', like)]));
  }
  if (state?.length) q = q.where(stateAt(now), 'in', state);
  return q;
}

export const selectTokens = (db: ReadDb, input: ListTokensInput, now: Date): Promise<TokenListRow[]> =>
  db.query<TokenListRow>(
    prepared(
      filtered(input, now)
        .select(sql.raw<TokenListRow>(columns) as never)
        .orderBy(sql`${order[input.sort]} ${sql.raw(input.dir)} nulls last`)
        .orderBy('id' as never, input.dir)
        .limit(pageLimit(input.limit))
        .offset(input.offset)
        .compile(),
    ) as never,
  );

export async function countTokens(db: ReadDb, input: ListTokensInput, now: Date): Promise<number> {
  const q = filtered(input, now).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

export const findToken = (db: ReadDb, id: string): Promise<TokenListRow | null> =>
  db.one<TokenListRow>({
    name: 'token',
    sql: `select ${columns} from api_token where id = $1`,
    parameters: [id],
  });

export async function insertToken(
  tx: Tx,
  token: {
    id: string;
    name: string;
    hash: string;
    hint: string;
    createdBy: string;
    roles: string[];
    permissions: string[];
    tenantId: string | null;
    createdAt: Date;
    expiresAt: Date;
  },
): Promise<void> {
  await tx.apiToken.create({ data: token });
}

export async function revokeToken(tx: Tx, id: string, now: Date): Promise<boolean> {
  const { count } = await tx.apiToken.updateMany({
    where: { id, revokedAt: null },
    data: { revokedAt: now },
  });
  return count === 1;
}

export const findJwtKey = (db: ReadDb): Promise<JwtKeyRow | null> =>
  db.one<JwtKeyRow>({
    name: 'jwt-key',
    sql: 'select id, public_jwk as "publicJwk", sealed_key as "sealedKey" from jwt_key where retired_at is null order by created_at desc limit 1',
    parameters: [],
  });

export const selectJwtKeys = (db: ReadDb) =>
  db.query<{ id: string; algorithm: string | null; createdAt: string; retiredAt: string | null }>({
    name: 'jwt-keys',
    sql: `select id, public_jwk->>'alg' as algorithm, created_at as "createdAt", retired_at as "retiredAt" from jwt_key
      order by created_at desc limit 50`,
    parameters: [],
  });

export async function insertJwtKey(tx: Tx, key: JwtKeyRow, now: Date): Promise<void> {
  await tx.jwtKey.create({
    data: { id: key.id, publicJwk: key.publicJwk as object, sealedKey: key.sealedKey, createdAt: now },
  });
}

/** With `at` in the past they verify no more; one lock, so that two rotations cannot retire each other's new key. */
export async function retireJwtKeys(tx: Tx, at: Date): Promise<void> {
  await tx.$queryRaw`select pg_advisory_xact_lock(418213364011)::text`;
  await tx.jwtKey.updateMany({
    where: { OR: [{ retiredAt: null }, { retiredAt: { gt: at } }] },
    data: { retiredAt: at },
  });
}
