import { decideInForce, namedPolicies } from '#kernel/policy/in-force.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import type { TenantDetail } from '../schema.ts';

export interface HeldRegion {
  id: string;
  country: string | null;
}

/** Why a tenant's data may not lie in a region; null = it may. Its own word comes first, then the policies in force. */
export async function refusedResidency(
  ctx: Pick<ReadContext, 'database' | 'clock'>,
  tenant: Pick<TenantDetail, 'id' | 'allowedRegions' | 'allowedCountries' | 'dataClasses'>,
  region: HeldRegion,
): Promise<string | null> {
  if (tenant.allowedRegions.length > 0 && !tenant.allowedRegions.includes(region.id))
    return `${tenant.id} allows ${tenant.allowedRegions.join(', ')} only`;
  if (
    tenant.allowedCountries.length > 0 &&
    !(region.country && tenant.allowedCountries.includes(region.country))
  )
    return region.country
      ? `${tenant.id} allows ${tenant.allowedCountries.join(', ')} only, and ${region.id} is in ${region.country}`
      : `${region.id} states no country, so it cannot satisfy what ${tenant.id} allows`;
  // Who names no class holds nothing but what anybody may see.
  const classes = tenant.dataClasses.length > 0 ? tenant.dataClasses : (['public'] as const);
  for (const dataClass of classes) {
    const decision = await decideInForce(ctx, 'residency', {
      tenant: tenant.id,
      region: region.id,
      dataClass,
      ...(region.country ? { country: region.country } : {}),
    });
    if (decision?.effect === 'deny')
      return `the residency policy ${namedPolicies(decision)} denies ${region.id} for ${dataClass} data`;
  }
  return null;
}
