import type { Permission } from '../authz/permission.ts';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { DomainError } from '../errors/domain-error.ts';
import { log } from '../log/log.ts';
import { verifyTenantToken } from './jwt.ts';
import { anonymous, type Principal, simulationPrincipal } from './principal.ts';
import { sessionState, touchEveryMs } from './session.ts';
import { loadJwks, loadSession, loadToken, tenantIsActive, touchSession, touchToken } from './store.ts';
import { apiTokenHash, isApiToken } from './tokens.ts';

export interface Credentials {
  authorization?: string | undefined;
  sessionId?: string | undefined;
  /** A direct call from loopback while SIMULATION_MODE is true, on a service port; decided by the HTTP layer. */
  mayActAsSimulation?: boolean;
}

export interface GateDeps {
  database: Database;
  clock: Clock;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const refusedToken = () =>
  new DomainError('unauthenticated', 'auth.token', 'The bearer token is unknown, expired or revoked.');

/** A password that somebody else has seen opens the door to choosing another, and nothing more. */
const untilPasswordChanged: readonly Permission[] = [
  'self:read',
  'self:write',
  'session:own',
  'mfa:own',
  'preference:read', // every page is drawn with them
];

/** The one door: who is this? Wrong credentials are refused, never treated as none. */
export async function resolvePrincipal(given: Credentials, deps: GateDeps): Promise<Principal> {
  if (given.authorization !== undefined) return bearer(given.authorization, deps);
  if (given.sessionId !== undefined) return (await session(given.sessionId, deps)) ?? anonymous;
  return given.mayActAsSimulation ? simulationPrincipal : anonymous;
}

async function bearer(header: string, deps: GateDeps): Promise<Principal> {
  const token = /^Bearer ([\w.~+/-]{16,4096}=*)$/i.exec(header)?.[1];
  if (!token) throw refusedToken();
  return isApiToken(token) ? apiToken(token, deps) : tenantToken(token, deps);
}

async function apiToken(token: string, { database, clock }: GateDeps): Promise<Principal> {
  const row = await loadToken(database, apiTokenHash(token));
  const now = clock.now();
  if (!row || row.revokedAt || Date.parse(row.expiresAt) <= now.getTime()) throw refusedToken();
  if (row.tenantId && !(await tenantIsActive(database, row.tenantId))) throw refusedToken();
  if (!row.lastUsedAt || now.getTime() - Date.parse(row.lastUsedAt) > touchEveryMs)
    touchToken(database, row.id, now).catch(error => log().warn({ event: 'auth.touch_failed', error }));
  return {
    kind: 'token',
    id: row.id,
    name: row.name,
    holders: row.roles,
    ...(row.permissions.length > 0 ? { only: row.permissions } : {}),
    ...(row.tenantId ? { tenantId: row.tenantId } : {}),
  };
}

async function tenantToken(token: string, { database, clock }: GateDeps): Promise<Principal> {
  const verified = await verifyTenantToken(token, await loadJwks(database, clock.now()), clock.now());
  if (!verified || !(await tenantIsActive(database, verified.tenantId))) throw refusedToken();
  return {
    kind: 'tenant',
    id: verified.tenantId,
    name: verified.tenantId,
    holders: ['tenant'],
    tenantId: verified.tenantId,
  };
}

/** Roles come from the database at every request: a change of role or a revoked session holds at once. */
async function session(id: string, { database, clock }: GateDeps): Promise<Principal | null> {
  if (!uuid.test(id)) return null;
  const row = await loadSession(database, id);
  const now = clock.now();
  if (row?.state !== 'active') return null;
  const times = {
    lastSeenAt: new Date(row.lastSeenAt),
    expiresAt: new Date(row.expiresAt),
    revokedAt: row.revokedAt ? new Date(row.revokedAt) : null,
  };
  if (sessionState(times, now) !== 'live') return null;
  if (now.getTime() - times.lastSeenAt.getTime() > touchEveryMs)
    touchSession(database, id, now).catch(error => log().warn({ event: 'auth.touch_failed', error }));
  return {
    kind: 'user',
    id: row.userId,
    name: row.name,
    holders: row.roles.length > 0 ? row.roles : ['guest'],
    sessionId: row.id,
    mfaAt: row.mfaAt ? new Date(row.mfaAt) : null,
    mfaEnrolled: row.mfaEnrolled,
    ...(row.mustChange ? { only: untilPasswordChanged } : {}),
  };
}
