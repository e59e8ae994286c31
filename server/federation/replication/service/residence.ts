import type { ReadContext } from '#kernel/trpc/context.ts';
import { knownRegions } from '#server/federation/regions/service.ts';
import type { Misplaced, TenantDetail } from '#server/federation/tenants/schema.ts';
import { declareMisplaced } from '#server/federation/tenants/service/misplaced.ts';
import { refusedResidency } from '#server/federation/tenants/service/residency.ts';
import { readTenants } from '#server/federation/tenants/service.ts';
import { type StoredStream, selectStreams } from '../store/streams.ts';

/** By what is stored: the region that a stream comes from writes its rows, unless a failover cut it; both ends hold them. */
function placesOf(streams: readonly StoredStream[]): Map<string, Map<string, boolean>> {
  const found = new Map<string, Map<string, boolean>>();
  for (const stream of streams.filter(s => s.state !== 'retired'))
    for (const tenant of stream.tenants) {
      const places = found.get(tenant) ?? new Map<string, boolean>();
      found.set(tenant, places);
      const writes = stream.state !== 'detached';
      places.set(stream.publisher, writes || (places.get(stream.publisher) ?? false));
      places.set(stream.subscriber, places.get(stream.subscriber) ?? false);
    }
  return found;
}

/**
 * Each region where rows of a tenant lie or are written though its residency does not allow it; of all tenants, or of one.
 * Nothing is deleted for it: where to the rows go, and who writes from then on, is decided by people.
 */
export async function misplacedRows(ctx: ReadContext, only?: string): Promise<Misplaced[]> {
  const places = placesOf(await selectStreams(ctx.db));
  const asked = only === undefined ? [...places.keys()] : [only].filter(id => places.has(id));
  if (asked.length === 0) return [];
  const [tenants, regions] = await Promise.all([readTenants(ctx, asked), knownRegions(ctx)]);
  const found: Misplaced[] = [];
  for (const tenant of tenants)
    for (const [region, written] of places.get(tenant.id) ?? []) {
      const why = await refusedAt(ctx, tenant, regions.find(known => known.id === region) ?? region);
      if (why) found.push({ tenant: tenant.id, region, written, why });
    }
  return found;
}

/** Of a region that is not registered any more nobody knows the country. */
const refusedAt = (
  ctx: ReadContext,
  tenant: TenantDetail,
  region: string | { id: string; country: string | null },
) => refusedResidency(ctx, tenant, typeof region === 'string' ? { id: region, country: null } : region);

declareMisplaced((ctx, tenant) => misplacedRows(ctx, tenant));
