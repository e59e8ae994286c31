import type { RoutedRegion } from '../schema.ts';
import type { Right } from './right.ts';

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
  /** How many times as dear as the cheapest; null = not known. */
  price: number | null;
  /** The busier of processors and memory, 0 to 1; null = not known. */
  load: number | null;
  /** A routing policy in force takes it out. */
  denied: string | null;
  /** What it may do with the tenant's rows; null = it has no role. */
  right: Right | null;
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
/** From here on others go first: what still fits is for those who can go nowhere else. */
export const fullFrom = 0.9;
/** Regions whose distance differs by less are equally near: then home, and then the price, decide. */
export const nearMs = 20;

/** How a routing policy in force orders what it does not take out. */
export interface Strategy {
  by: 'latency' | 'cost' | 'weighted';
  /** The region that it puts first. */
  first: string;
}

/**
 * Residency comes first and nothing overrules it: a region that may not hold the tenant's data is never kept, also when
 * every other one is down. Then health; then whole before degraded, room before full, what a policy puts first, near before
 * far, home before others, cheap before dear. Last, who may not write goes behind the one that writes in its place.
 */
export function rankRegions(
  candidates: readonly Candidate[],
  from: { lat: number; lon: number } | null,
  narrowing: Narrowing = {},
  strategy: Strategy | null = null,
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
    const reasons = kept ? praise(c, latencyMs, strategy) : against;
    return { c, kept, latencyMs, reasons };
  });
  type Judged = (typeof judged)[number];
  const far = Number.POSITIVE_INFINITY;
  /** Compared one after the other; a difference of two infinities is none. */
  const order: ((j: Judged) => number)[] = [
    j => Number(!j.kept),
    j => Number(j.c.state !== 'active'),
    j => Number((j.c.load ?? 0) >= fullFrom),
    j => Number(j.c.region !== strategy?.first),
    ...(strategy?.by === 'cost' ? [(j: Judged) => j.c.price ?? far] : []),
    j => (j.latencyMs === null ? far : Math.floor(j.latencyMs / nearMs)),
    j => Number(!j.c.home),
    j => j.c.price ?? far,
    j => j.latencyMs ?? far,
  ];
  const ranked = judged.toSorted((a, b) => {
    for (const by of order) {
      const [x, y] = [by(a), by(b)];
      if (x !== y) return x - y;
    }
    return a.c.region < b.c.region ? -1 : 1;
  });
  return behindWriters(ranked).map(({ c, kept, latencyMs, reasons }, i) => ({
    region: c.region,
    kept,
    rank: kept ? i + 1 : null,
    latencyMs,
    load: c.load,
    price: c.price,
    home: c.home,
    right: c.right?.is ?? null,
    reasons,
    simulated: c.simulated,
  }));
}

/** A commit would be refused there: whoever is led first is led to where it is not. The rest keep their places. */
function behindWriters<J extends { c: Candidate; kept: boolean }>(ranked: readonly J[]): J[] {
  const writerOf = (j: J) => ranked.find(w => j.kept && w.kept && j.c.right?.writers.includes(w.c.region));
  const moved = ranked.filter((j, i) => ranked.indexOf(writerOf(j) ?? j) > i);
  return ranked.filter(j => !moved.includes(j)).flatMap(w => [w, ...moved.filter(j => writerOf(j) === w)]);
}

/** The region may be asked, but takes no commit: why, and why nobody is led to where it would be taken. */
export function readOnlyOf(
  chosen: RoutedRegion | undefined,
  regions: readonly RoutedRegion[],
  right: Right | null,
) {
  if (!chosen || !right || right.is === 'writes') return null;
  const away = regions.filter(r => right.writers.includes(r.region) && !r.kept);
  const why = away.map(r => `; ${r.region} is not kept (${r.reasons.join('; ')})`).join('');
  return `${right.said}${why}`;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

function praise(c: Candidate, latencyMs: number | null, strategy: Strategy | null): string[] {
  return [
    'residency: the tenant’s data may lie there',
    ...(c.home ? ['home: the tenant is at home there'] : []),
    ...(c.right ? [c.right.said] : []),
    c.state === 'active' ? 'health: it is active' : 'health: it is degraded, so whole ones go first',
    latencyMs === null ? 'latency: not known' : `latency: about ${latencyMs} ms, by distance`,
    c.load === null
      ? 'capacity: not known, its heartbeats say no load'
      : c.load >= fullFrom
        ? `capacity: ${percent(c.load)} used, so those with room go first`
        : `capacity: ${percent(c.load)} used`,
    c.price === null
      ? 'cost: not known, no bill of the last week names it'
      : `cost: ${c.price === 1 ? 'the cheapest' : `${c.price} times the cheapest`}`,
    ...(strategy?.first === c.region ? [`policy: first by ${strategy.by}`] : []),
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
