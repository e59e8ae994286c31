import type { JWK } from 'jose';
import type { Permission, Role } from '../authz/permission.ts';
import type { Database } from '../db/database.ts';
import { maxTenantTokenMinutes } from './session.ts';

export interface SessionRow {
  id: string;
  userId: string;
  name: string;
  roles: Role[];
  state: string;
  mustChange: boolean;
  lastSeenAt: string;
  expiresAt: string;
  revokedAt: string | null;
  mfaAt: string | null;
  mfaEnrolled: boolean;
}

const sessionSql = `select s.id, s.user_id as "userId", u.name, u.roles, u.state,
  u.must_change as "mustChange", s.last_seen_at as "lastSeenAt",
  s.expires_at as "expiresAt", s.revoked_at as "revokedAt", s.mfa_at as "mfaAt",
  (exists (select 1 from totp_device d where d.user_id = u.id and d.confirmed_at is not null)
    or exists (select 1 from passkey k where k.user_id = u.id)) as "mfaEnrolled"
  from session s join "user" u on u.id = s.user_id where s.id = $1`;

export async function loadSession(database: Database, id: string): Promise<SessionRow | null> {
  const found = await database
    .pool('atom_app')
    .query({ name: 'gate-session', text: sessionSql, values: [id] });
  return (found.rows[0] as SessionRow | undefined) ?? null;
}

/** A technical fact, not a change of anybody's: written past the ledger, at most once a minute a session. */
export async function touchSession(database: Database, id: string, now: Date): Promise<void> {
  await database
    .pool('atom_app')
    .query('update session set last_seen_at = $2 where id = $1 and last_seen_at < $2', [id, now]);
}

export interface TokenRow {
  id: string;
  name: string;
  roles: Role[];
  permissions: Permission[];
  tenantId: string | null;
  expiresAt: string;
  revokedAt: string | null;
  lastUsedAt: string | null;
}

export async function loadToken(database: Database, hash: string): Promise<TokenRow | null> {
  const found = await database.pool('atom_app').query({
    name: 'gate-token',
    text: `select id, name, roles, permissions, tenant_id as "tenantId", expires_at as "expiresAt",
      revoked_at as "revokedAt", last_used_at as "lastUsedAt" from api_token where hash = $1`,
    values: [hash],
  });
  return (found.rows[0] as TokenRow | undefined) ?? null;
}

export async function loadTokenById(database: Database, id: string): Promise<TokenRow | null> {
  const found = await database.pool('atom_app').query({
    name: 'requester-token',
    text: `select id, name, roles, permissions, tenant_id as "tenantId", expires_at as "expiresAt",
      revoked_at as "revokedAt", last_used_at as "lastUsedAt" from api_token where id::text = $1`,
    values: [id],
  });
  return (found.rows[0] as TokenRow | undefined) ?? null;
}

export async function touchToken(database: Database, id: string, now: Date): Promise<void> {
  await database.pool('atom_app').query('update api_token set last_used_at = $2 where id = $1', [id, now]);
}

/** Keys that still verify: the signing one, and a retired one until the last token it signed has expired. */
export async function loadJwks(database: Database, now: Date): Promise<JWK[]> {
  const found = await database.pool('atom_app').query({
    name: 'gate-jwks',
    text: `select public_jwk from jwt_key where retired_at is null
      or retired_at > $1::timestamptz - make_interval(mins => $2) order by created_at desc`,
    values: [now, maxTenantTokenMinutes],
  });
  return found.rows.map(row => row.public_jwk as JWK);
}

/** Beside those, keys that signed a decision: what was decided stays verifiable for as long as it is kept. */
export async function loadPublishedKeys(database: Database, now: Date): Promise<JWK[]> {
  const found = await database.pool('atom_app').query({
    name: 'published-jwks',
    text: `select public_jwk from jwt_key k where retired_at is null
      or retired_at > $1::timestamptz - make_interval(mins => $2)
      or exists (select 1 from approval_decision d where d.key_id = k.id) order by created_at desc`,
    values: [now, maxTenantTokenMinutes],
  });
  return found.rows.map(row => row.public_jwk as JWK);
}

export async function tenantIsActive(database: Database, id: string): Promise<boolean> {
  const found = await database.pool('atom_app').query({
    name: 'gate-tenant',
    text: "select 1 from tenant where id = $1 and state = 'active'",
    values: [id],
  });
  return found.rowCount === 1;
}
