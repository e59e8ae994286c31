import type { JwtKeyRow } from '#kernel/auth/jwt.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { TokenListRow } from './schema.ts';

const columns = `id, name, hint, created_by as "createdBy", roles, permissions, tenant_id as "tenantId", created_at as "createdAt",
  expires_at as "expiresAt", last_used_at as "lastUsedAt", revoked_at as "revokedAt"`;

export const selectTokens = (db: ReadDb): Promise<TokenListRow[]> =>
  db.query<TokenListRow>({
    name: 'tokens',
    sql: `select ${columns} from api_token order by created_at desc limit 1000`,
    parameters: [],
  });

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
