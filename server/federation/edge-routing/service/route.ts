import { decideInForce, namedPolicies } from '#kernel/policy/in-force.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { listRegionsInput } from '#server/federation/regions/schema.ts';
import { listRegions } from '#server/federation/regions/service.ts';
import { refusedResidency } from '#server/federation/tenants/service/residency.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { type Place, placeOf } from '../rules/places.ts';
import { type Candidate, latencyBetween, rankRegions, refusalOf } from '../rules/route.ts';
import type { RouteInput, RouteOutput } from '../schema.ts';

/** Ranked regions for one request of a tenant, each with the reasons why it was kept or not. */
export async function routeRequest(ctx: ReadContext, input: RouteInput): Promise<RouteOutput> {
  const tenant = await readTenant(ctx, input.tenant);
  const { rows } = await listRegions(ctx, listRegionsInput.parse({ limit: 500 }));
  const from: Place | null = input.location
    ? { ...input.location, source: 'the request says so' }
    : input.clientIp
      ? placeOf(input.clientIp)
      : null;
  const priced = rows.flatMap(r =>
    r.lat === null || r.lon === null
      ? []
      : [{ region: r.id, latencyMs: from ? latencyBetween(from, { lat: r.lat, lon: r.lon }) : 0 }],
  );
  const candidates: Candidate[] = await Promise.all(
    rows.map(async r => ({
      region: r.id,
      country: r.country,
      lat: r.lat,
      lon: r.lon,
      state: r.state,
      simulated: r.simulated,
      home: r.id === tenant.homeRegion,
      price: null,
      refused: await refusedResidency(ctx, tenant, { id: r.id, country: r.country }),
      denied: await routingDenied(
        ctx,
        tenant.id,
        priced.find(p => p.region === r.id),
      ),
    })),
  );
  const regions = rankRegions(candidates, from, input.residency ?? {});
  const chosen = regions.find(r => r.kept);
  return { tenant: tenant.id, region: chosen?.region ?? null, refusal: refusalOf(regions), from, regions };
}

/** Each region is asked about alone: a policy that would take it out says so even where another one is better. */
async function routingDenied(
  ctx: ReadContext,
  tenant: string,
  candidate: { region: string; latencyMs: number } | undefined,
): Promise<string | null> {
  if (!candidate) return null;
  const decision = await decideInForce(ctx, 'routing', { tenant, candidates: [candidate] });
  return decision?.effect === 'deny' ? `${namedPolicies(decision)}: ${decision.reasons.join(' ')}` : null;
}
