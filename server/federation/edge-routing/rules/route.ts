import type { RoutedRegion } from '../schema.ts';

export interface Candidate {
  region: string;
  country: string | null;
  lat: number | null;
  lon: number | null;
  state: string;
  simulated: boolean;
  /** The tenant is at home there: first among equals. */
  home: boolean;
  /** Why the tenant's data may not lie there; null = it may. */
  refused: string | null;
  /** Relative price of a core there; null = not known. */
  price: number | null;
  /** A routing policy in force takes it out. */
  denied: string | null;
}

export interface Narrowing {
  regions?: readonly string[] | undefined;
  countries?: readonly string[] | undefined;
}

const radians = Math.PI / 180;

/** Light in fibre, along a path that is 1.4 times the great circle. */
export function latencyBetween(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const cos =
    Math.sin(a.lat * radians) * Math.sin(b.lat * radians) +
    Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * Math.cos((a.lon - b.lon) * radians);
  return Math.round(((Math.acos(Math.min(1, Math.max(-1, cos))) * 6371 * 1.4) / 200) * 10) / 10;
}

const usable = ['active', 'degraded'];

/**
 * Residency comes first and nothing overrules it: a region that may not hold the tenant's data is never kept, also when
 * every other one is down. Then health; then whole before degraded, near before far, cheap before dear.
 */
export function rankRegions(
  candidates: readonly Candidate[],
  from: { lat: number; lon: number } | null,
  narrowing: Narrowing = {},
): RoutedRegion[] {
  const judged = candidates.map(c => {
    const latencyMs =
      from && c.lat !== null && c.lon !== null ? latencyBetween(from, { lat: c.lat, lon: c.lon }) : null;
    const against: string[] = [];
    if (c.refused !== null) against.push(`residency: ${c.refused}`);
    if (narrowing.regions && !narrowing.regions.includes(c.region))
      against.push(`residency: the request allows ${narrowing.regions.join(', ') || 'no region'} only`);
    if (narrowing.countries && !(c.country && narrowing.countries.includes(c.country)))
      against.push(`residency: the request allows ${narrowing.countries.join(', ') || 'no country'} only`);
    if (!usable.includes(c.state)) against.push(`health: it is ${c.state}`);
    if (c.denied !== null) against.push(`policy: ${c.denied}`);
    const kept = against.length === 0;
    const reasons = kept ? praise(c, latencyMs) : against;
    return { c, kept, latencyMs, reasons };
  });
  const order = judged.toSorted(
    (a, b) =>
      Number(b.kept) - Number(a.kept) ||
      Number(a.c.state !== 'active') - Number(b.c.state !== 'active') ||
      (a.latencyMs ?? Number.POSITIVE_INFINITY) - (b.latencyMs ?? Number.POSITIVE_INFINITY) ||
      Number(b.c.home) - Number(a.c.home) ||
      (a.c.price ?? Number.POSITIVE_INFINITY) - (b.c.price ?? Number.POSITIVE_INFINITY) ||
      (a.c.region < b.c.region ? -1 : 1),
  );
  return order.map(({ c, kept, latencyMs, reasons }, i) => ({
    region: c.region,
    kept,
    rank: kept ? i + 1 : null,
    latencyMs,
    reasons,
    simulated: c.simulated,
  }));
}

function praise(c: Candidate, latencyMs: number | null): string[] {
  return [
    'residency: the tenant’s data may lie there',
    ...(c.home ? ['home: the tenant is at home there'] : []),
    c.state === 'active' ? 'health: it is active' : 'health: it is degraded, so whole ones go first',
    latencyMs === null ? 'latency: not known' : `latency: about ${latencyMs} ms, by distance`,
    c.price === null ? 'cost: not known' : `cost: ${c.price} times the reference`,
    'capacity: not measured',
  ];
}

/** Why nobody is sent anywhere. */
export function refusalOf(regions: readonly RoutedRegion[]): string | null {
  if (regions.some(r => r.kept)) return null;
  const allowed = regions.filter(r => !r.reasons.some(reason => reason.startsWith('residency:')));
  if (regions.length === 0) return 'No region is registered.';
  return allowed.length === 0
    ? 'No region may hold this tenant’s data.'
    : `Every region that may hold this tenant’s data is out of use: ${allowed
        .map(r => `${r.region} (${r.reasons[0]})`)
        .join(', ')}. The request is refused rather than sent where the data may not lie.`;
}
