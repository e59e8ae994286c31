import type { FieldIssue } from '#kernel/errors/domain-error.ts';
import type { TenantDetail, TenantPatch } from './schema.ts';

export interface Residency {
  homeRegion: string;
  allowedRegions: readonly string[];
  allowedCountries: readonly string[];
}

export interface KnownRegion {
  id: string;
  country: string | null;
  state: string;
}

/** Empty lists mean "anywhere". A residency that its own home region breaks, or that names nowhere, is refused. */
export function residencyIssues(residency: Residency, known: readonly KnownRegion[]): FieldIssue[] {
  const byId = new Map(known.map(region => [region.id, region]));
  const issues: FieldIssue[] = [];
  const home = byId.get(residency.homeRegion);
  if (!home)
    issues.push({ field: 'homeRegion', message: `No region "${residency.homeRegion}" is registered.` });
  else if (home.state === 'retired')
    issues.push({ field: 'homeRegion', message: `The region "${home.id}" is retired.` });
  for (const id of residency.allowedRegions)
    if (!byId.has(id)) issues.push({ field: 'allowedRegions', message: `No region "${id}" is registered.` });
  if (residency.allowedRegions.length > 0 && !residency.allowedRegions.includes(residency.homeRegion))
    issues.push({ field: 'homeRegion', message: 'The home region is not among the allowed regions.' });
  if (
    home &&
    residency.allowedCountries.length > 0 &&
    !(home.country && residency.allowedCountries.includes(home.country))
  )
    issues.push({
      field: 'homeRegion',
      message: home.country
        ? `The home region is in ${home.country}, which is not among the allowed countries.`
        : 'The home region states no country, so it cannot satisfy the allowed countries.',
    });
  return issues;
}

export interface Change {
  field: string;
  from: unknown;
  to: unknown;
}

/** What a patch really changes; an equal value is no change. */
export function changesOf(current: TenantDetail, patch: TenantPatch): Change[] {
  return Object.entries(patch).flatMap(([field, to]) => {
    const from = current[field as keyof TenantDetail];
    return to === undefined || JSON.stringify(from) === JSON.stringify(to) ? [] : [{ field, from, to }];
  });
}
