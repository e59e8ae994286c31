import type { Dimension, Severity } from '../schema.ts';
import type { Firing } from './evaluate.ts';
import { worstSeverity } from './facts.ts';

/** One thing that is wrong, however often it is seen. */
export const fingerprintOf = (firing: Pick<Firing, 'rule' | 'service'>): string =>
  `${firing.rule.id}|${firing.service ?? ''}`;

export interface OpenAlert {
  id: string;
  fingerprint: string;
  incidentId: string;
  lastAt: number;
  eventIds: readonly string[];
}

export interface OpenIncident {
  id: string;
  severity: Severity;
  services: readonly string[];
  regions: readonly string[];
  dimensions: readonly Dimension[];
  openedAt: number;
  lastAt: number;
}

/** An alert that people settled while it fired. */
export interface Settled {
  fingerprint: string;
  at: number;
  eventIds: readonly string[];
}

export interface OpenState {
  alerts: readonly OpenAlert[];
  incidents: readonly OpenIncident[];
  settled: readonly Settled[];
}

export interface Seen {
  fingerprint: string;
  rule: string;
  service: string | null;
  region: string | null;
  dimension: Dimension;
  severity: Severity;
  title: string;
  eventIds: string[];
  simulated: boolean;
}

export interface Group {
  /** An incident that is open already, or null for a new one. */
  incidentId: string | null;
  alerts: Seen[];
}

export interface Plan {
  repeated: { alert: OpenAlert; seen: Seen; fresh: string[] }[];
  groups: Group[];
  ended: OpenAlert[];
  /** Nothing of theirs fires any more, and has not for a while. */
  over: string[];
}

export const joinWithinMs = 30 * 60_000;
/** Flapping is one alert: it ends only when it has not been seen for this long. */
export const endAfterMs = 2 * 60_000;
export const overAfterMs = 30 * 60_000;

export function seenOf(firing: Firing): Seen | null {
  const { alert, dimension } = firing.rule.definition;
  if (alert === null) return null;
  return {
    fingerprint: fingerprintOf(firing),
    rule: firing.rule.id,
    service: firing.service,
    region: firing.region,
    dimension,
    severity: alert,
    title: firing.title,
    eventIds: firing.eventIds,
    simulated: firing.simulated,
  };
}

interface Joinable {
  services: readonly string[];
  regions: readonly string[];
  dimensions: readonly Dimension[];
}

export const settledForMs = 15 * 60_000;

/** What somebody resolved is not raised again by what was known then: only something new does that. */
function wasSettled(one: Seen, settled: readonly Settled[], now: number): boolean {
  const before = settled.filter(s => s.fingerprint === one.fingerprint);
  if (before.length === 0) return false;
  if (one.eventIds.length === 0) return before.some(s => now - s.at < settledForMs);
  const known = new Set(before.flatMap(s => s.eventIds));
  return one.eventIds.every(id => known.has(id));
}

/** Same service first; the same region next; else the same kind of trouble, where neither names a service. */
export function belongs(seen: Seen, to: Joinable): number {
  if (seen.service !== null && to.services.includes(seen.service)) return 3;
  if (seen.region !== null && to.regions.includes(seen.region)) return 2;
  if (seen.service === null && to.services.length === 0 && to.dimensions.includes(seen.dimension)) return 1;
  return 0;
}

/** Pure: what becomes of what fires now, given what is open. */
export function correlate(firings: readonly Firing[], open: OpenState, now: number): Plan {
  const seen = new Map<string, Seen>();
  for (const firing of firings) {
    const one = seenOf(firing);
    if (!one) continue;
    const known = seen.get(one.fingerprint);
    if (known) known.eventIds = [...new Set([...known.eventIds, ...one.eventIds])];
    else seen.set(one.fingerprint, one);
  }
  const byPrint = new Map(open.alerts.map(alert => [alert.fingerprint, alert]));
  const repeated: Plan['repeated'] = [];
  const fresh: Seen[] = [];
  for (const one of seen.values()) {
    const alert = byPrint.get(one.fingerprint);
    if (alert)
      repeated.push({ alert, seen: one, fresh: one.eventIds.filter(id => !alert.eventIds.includes(id)) });
    else if (!wasSettled(one, open.settled, now)) fresh.push(one);
  }
  const candidates = open.incidents
    .filter(incident => now - incident.lastAt <= joinWithinMs)
    .map(incident => ({
      incidentId: incident.id as string | null,
      services: [...incident.services],
      regions: [...incident.regions],
      dimensions: [...incident.dimensions],
      alerts: [] as Seen[],
    }));
  for (const one of fresh) {
    const best = candidates
      .map(candidate => ({ candidate, strength: belongs(one, candidate) }))
      .filter(found => found.strength > 0)
      .toSorted((a, b) => b.strength - a.strength)[0]?.candidate;
    const group = best ?? { incidentId: null, services: [], regions: [], dimensions: [], alerts: [] };
    if (!best) candidates.push(group);
    group.alerts.push(one);
    if (one.service && !group.services.includes(one.service)) group.services.push(one.service);
    if (one.region && !group.regions.includes(one.region)) group.regions.push(one.region);
    if (!group.dimensions.includes(one.dimension)) group.dimensions.push(one.dimension);
  }
  const ended = open.alerts.filter(alert => !seen.has(alert.fingerprint) && now - alert.lastAt >= endAfterMs);
  const endedIds = new Set(ended.map(alert => alert.id));
  const busy = new Set([
    ...open.alerts.filter(alert => !endedIds.has(alert.id)).map(alert => alert.incidentId),
    ...candidates.flatMap(c => (c.alerts.length > 0 && c.incidentId ? [c.incidentId] : [])),
  ]);
  return {
    repeated,
    groups: candidates
      .filter(candidate => candidate.alerts.length > 0)
      .map(({ incidentId, alerts }) => ({ incidentId, alerts })),
    ended,
    over: open.incidents
      .filter(incident => !busy.has(incident.id) && now - incident.lastAt >= overAfterMs)
      .map(incident => incident.id),
  };
}

/** What an incident is called: its worst alert, and how many others. */
export function incidentTitle(alerts: readonly Seen[]): string {
  const worst = worstSeverity(alerts.map(alert => alert.severity));
  const first = alerts.find(alert => alert.severity === worst) ?? alerts[0];
  const others = alerts.length - 1;
  return `${first?.title ?? 'Something is wrong'}${others > 0 ? ` and ${others} more` : ''}`;
}
