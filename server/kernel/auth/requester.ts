import type { Role } from '../authz/permission.ts';
import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { env } from '../env/env.ts';
import { type Principal, simulationPrincipal, systemPrincipal } from './principal.ts';
import { loadTokenById, tenantIsActive } from './store.ts';

/**
 * Who once asked, with what they may do now: roles are read again, and whoever was suspended, revoked or has expired
 * since is nobody any more.
 */
export async function requesterNow(
  { database, clock }: { database: Database; clock: Clock },
  kind: string,
  id: string,
): Promise<Principal | null> {
  if (kind === 'simulation') return env().simulation && !env().production ? simulationPrincipal : null;
  if (kind === 'system') return systemPrincipal(id);
  if (kind === 'user') return userNow(database, id);
  if (kind === 'tenant')
    return (await tenantIsActive(database, id))
      ? { kind: 'tenant', id, name: id, holders: ['tenant'], tenantId: id }
      : null;
  if (kind !== 'token') return null;
  const row = await loadTokenById(database, id);
  if (!row || row.revokedAt || Date.parse(row.expiresAt) <= clock.now().getTime()) return null;
  if (row.tenantId && !(await tenantIsActive(database, row.tenantId))) return null;
  return {
    kind: 'token',
    id: row.id,
    name: row.name,
    holders: row.roles,
    ...(row.permissions.length > 0 ? { only: row.permissions } : {}),
    ...(row.tenantId ? { tenantId: row.tenantId } : {}),
  };
}

async function userNow(database: Database, id: string): Promise<Principal | null> {
  const { rows } = await database.pool('atom_app').query({
    name: 'requester-user',
    text: `select id, name, roles from "user" where id::text = $1 and state = 'active'`,
    values: [id],
  });
  const row = rows[0] as { id: string; name: string; roles: Role[] } | undefined;
  return row ? { kind: 'user', id: row.id, name: row.name, holders: row.roles } : null;
}
