import type { Database } from '#kernel/db/database.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { type KnownTenant, selectTenants } from '../store/read.ts';

const keepMs = 2000;
const cached = new WeakMap<Database, { at: number; tenants: Promise<KnownTenant[]> }>();

function allTenants(database: Database): Promise<KnownTenant[]> {
  const known = cached.get(database);
  if (known && performance.now() - known.at < keepMs) return known.tenants;
  const tenants = selectTenants(database);
  cached.set(database, { at: performance.now(), tenants });
  tenants.catch(() => cached.delete(database));
  return tenants;
}

/** For whom this caller may write: a tenant for itself, the simulation principal for what is simulated. */
export async function tenantsOf(
  ctx: Pick<ReadContext, 'database' | 'scope'>,
): Promise<Map<string, KnownTenant>> {
  const { tenantId, reach } = ctx.scope;
  const visible = (await allTenants(ctx.database)).filter(
    tenant =>
      (tenantId === undefined || tenant.id === tenantId) &&
      (reach === 'all' || (tenant.simulated && tenant.environment !== 'production')),
  );
  return new Map(visible.map(tenant => [tenant.id, tenant]));
}
