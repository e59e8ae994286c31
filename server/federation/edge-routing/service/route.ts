import { decideInForce, namedPolicies } from '#kernel/policy/in-force.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { listRegionsInput } from '#server/federation/regions/schema.ts';
import { listRegions, regionLoads } from '#server/federation/regions/service.ts';
import { pairsFor } from '#server/federation/replication/service.ts';
import { refusedResidency } from '#server/federation/tenants/service/residency.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { regionPrices } from '#server/governance/cost/service.ts';
import { type Place, placeOf } from '../rules/places.ts';
import { rightsOf } from '../rules/right.ts';
import {
  type Candidate,
  latencyBetween,
  nearMs,
  rankRegions,
  readOnlyOf,
  refusalOf,
  type Strategy,
} from '../rules/route.ts';
import type { RouteInput, RouteOutput } from '../schema.ts';
import { selectRoles } from '../store/roles.ts';

/** Ranked regions for one request of a tenant, each with the reasons why it was kept or not. */
export async function routeRequest(ctx: ReadContext, input: RouteInput): Promise<RouteOutput> {
  const tenant = await readTenant(ctx, input.tenant);
  const [{ rows }, loads, { prices }, roles, joined] = await Promise.all([
    listRegions(ctx, listRegionsInput.parse({ limit: 500 })),
    regionLoads(ctx),
    regionPrices(ctx),
    selectRoles(ctx.database),
    pairsFor(ctx, tenant.id),
  ]);
  const rights = rightsOf(roles, joined, ctx.clock.now().getTime());
  const cheapest = Math.min(...prices.values());
  const from: Place | null = input.location
    ? { ...input.location, source: 'the request says so' }
    : input.clientIp
      ? placeOf(input.clientIp)
      : null;
  const asked = rows.map(r => {
    const price = prices.get(r.id);
    return {
      row: r,
      price: price === undefined || cheapest <= 0 ? null : Math.round((price / cheapest) * 100) / 100,
      latencyMs:
        r.lat === null || r.lon === null ? null : from ? latencyBetween(from, { lat: r.lat, lon: r.lon }) : 0,
    };
  });
  const candidates: Candidate[] = await Promise.all(
    asked.map(async ({ row: r, price, latencyMs }) => ({
      region: r.id,
      country: r.country,
      lat: r.lat,
      lon: r.lon,
      state: r.state,
      simulated: r.simulated,
      home: r.id === tenant.homeRegion,
      right: rights.get(r.id) ?? null,
      price,
      load: loads.get(r.id) ?? null,
      refused: await refusedResidency(ctx, tenant, { id: r.id, country: r.country }),
      denied: await routingDenied(
        ctx,
        tenant.id,
        latencyMs === null ? undefined : { region: r.id, latencyMs },
      ),
    })),
  );
  const ranked = rankRegions(candidates, from, input.residency ?? {});
  const kept = ranked.filter(r => r.kept).map(r => r.region);
  const open = asked
    .filter(({ row, latencyMs }) => latencyMs !== null && kept.includes(row.id))
    // A policy chooses among those that would take a commit.
    .filter(({ row }) => !rights.get(row.id)?.writers.some(writer => kept.includes(writer)))
    .map(({ row, price, latencyMs }) => ({
      region: row.id,
      latencyMs: latencyMs ?? 0,
      ...(price === null ? {} : { cost: price }),
    }));
  const { strategy, by } = await strategyOf(ctx, tenant.id, open);
  const regions = strategy ? rankRegions(candidates, from, input.residency ?? {}, strategy) : ranked;
  const chosen = regions.find(r => r.kept);
  return {
    tenant: tenant.id,
    region: chosen?.region ?? null,
    refusal: refusalOf(regions),
    readOnly: readOnlyOf(chosen, regions, rights.get(chosen?.region ?? '') ?? null),
    by,
    from,
    regions,
  };
}

const usually = `whole before degraded, room before full, near before far in steps of ${nearMs} ms, home, then price; who may not write goes behind the one that writes in its place`;

/** What a routing policy in force puts first among those that are left. */
async function strategyOf(
  ctx: ReadContext,
  tenant: string,
  candidates: readonly { region: string; latencyMs: number; cost?: number }[],
): Promise<{ strategy: Strategy | null; by: string }> {
  if (candidates.length === 0) return { strategy: null, by: usually };
  const decision = await decideInForce(ctx, 'routing', { tenant, candidates: [...candidates] });
  const first = decision?.effect === 'allow' ? decision.obligations.region : undefined;
  if (!decision || typeof first !== 'string') return { strategy: null, by: usually };
  const by = strategies.find(name => decision.reasons.some(reason => reason.endsWith(`by ${name}.`)));
  return {
    strategy: { by: by ?? 'latency', first },
    by: `the routing policy ${namedPolicies(decision)}: ${decision.reasons.join(' ')} Then ${usually}`,
  };
}
const strategies = ['latency', 'cost', 'weighted'] as const;

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
