import { bell, drift, hashOf, uniform } from './hash.ts';
import type { Fault, ServiceKind, ServiceState, WorldMetric, WorldService } from './schema.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Noise is the same within one scrape. */
export const scrape = 15_000;

const baseLatency: Record<ServiceKind, number> = {
  web: 85,
  api: 45,
  worker: 420,
  database: 12,
  cache: 3,
  queue: 9,
};

/** Nights and weekends of the kinds of work: batch work does not sleep, people do. */
const daySwing: Record<ServiceKind, number> = {
  web: 0.42,
  api: 0.36,
  worker: 0.15,
  database: 0.3,
  cache: 0.38,
  queue: 0.25,
};

/** What the service is asked for, before any fault: 1 is its mean. */
function season(service: WorldService, t: number, utcOffsetHours: number): number {
  const local = t + utcOffsetHours * hour;
  const ofDay = (local % day) / day;
  const weekday = (Math.floor(local / day) + 4) % 7;
  const daily = 1 - daySwing[service.kind] * Math.cos(2 * Math.PI * (ofDay - 0.11));
  const evening = 0.12 * Math.max(0, Math.sin(2 * Math.PI * (ofDay - 0.6)));
  const weekly = weekday === 0 || weekday === 6 ? 0.78 : 1.06;
  return (daily + evening) * weekly;
}

/** A fault comes on within two minutes rather than at once. */
const ramp = (fault: Fault, t: number) => Math.min(1, (t - fault.from) / (2 * minute));

/** What a version is like: most are fine, and nobody knows before it runs. */
export interface Release {
  errors: number;
  slow: number;
  /** How much its latency jumps about. */
  jitter: number;
}
export const fine: Release = { errors: 0, slow: 1, jitter: 0 };

export function releaseOf(seed: number, service: string, version: string): Release {
  const key = hashOf(`${service}@${version}`);
  const luck = uniform(seed ^ 0x61, key, 0);
  const much = uniform(seed ^ 0x62, key, 0);
  if (luck < 0.6) return fine;
  if (luck < 0.76) return { ...fine, errors: 0.03 + 0.12 * much };
  if (luck < 0.9) return { ...fine, slow: 1.4 + much };
  return { ...fine, jitter: 0.4 + 0.4 * much };
}

export interface Conditions {
  seed: number;
  release: Release;
  state: ServiceState;
  utcOffsetHours: number;
  crowding: number;
  /** Those that act on this service now. */
  faults: readonly Fault[];
}

const leakPerHour = 1.1;

/** How full a leak has made the memory since it began or the service was last restarted. */
function leaked(faults: readonly Fault[], state: ServiceState, t: number): number {
  let sum = 0;
  for (const fault of faults)
    if (fault.fault === 'memory-leak') {
      const since = Math.max(fault.from, state.restartedAt ?? fault.from);
      sum += ((t - since) / hour) * leakPerHour * fault.intensity;
    }
  return Math.min(sum, 0.62);
}

/**
 * What a restart costs until the service is itself again. Databases hand over and caches come up empty, so acting on them
 * has a price that a stateless service does not ask.
 */
function disturbance(kind: ServiceKind, state: ServiceState, t: number): { errors: number; slow: number } {
  const since = state.restartedAt === null ? Number.POSITIVE_INFINITY : t - state.restartedAt;
  if (kind === 'database') return since < 5 * minute ? { errors: 0.3, slow: 2 } : calm;
  if (kind === 'cache') return since < 8 * minute ? { errors: 0.08, slow: 2.5 } : calm;
  if (state.replicas === 1) return since < minute ? { errors: 0.9, slow: 1 } : calm;
  return since < 20_000 ? { errors: 0.01, slow: 1 } : calm;
}
const calm = { errors: 0, slow: 1 };

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
const round = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits;

/** One reading. `null` where a scrape would find nothing: no replica runs. */
export function reading(
  service: WorldService,
  metric: WorldMetric,
  t: number,
  conditions: Conditions,
): number | null {
  const { seed, state, faults, release } = conditions;
  if (metric === 'replicas') return state.replicas;
  if (state.replicas === 0) return metric === 'rps' ? 0 : null;

  const key = hashOf(service.id);
  const at = Math.floor(t / scrape);
  const noise = (salt: number) => bell(seed ^ salt, key, at);
  let surge = 1;
  let bad = 0;
  for (const fault of faults) {
    if (fault.fault === 'traffic-surge') surge += 2.4 * fault.intensity * ramp(fault, t);
    if (fault.fault === 'bad-deploy') bad = Math.max(bad, fault.intensity * ramp(fault, t));
  }
  const asked =
    season(service, t, conditions.utcOffsetHours) *
    surge *
    (1 + 0.05 * drift(seed ^ 0x11, key, t, 20 * minute) + 0.02 * noise(0x12));
  if (metric === 'rps') return round(Math.max(0, service.baseRps * asked), 2);

  const leak = leaked(faults, state, t);
  const share = service.baseReplicas / state.replicas;
  // Twenty seconds after a restart one replica is still missing.
  const fresh = state.restartedAt !== null && t - state.restartedAt < 20_000 ? 1.25 : 1;
  const wanted =
    0.04 +
    0.42 * asked * share * fresh * conditions.crowding * (1 + 0.35 * bad + 0.4 * Math.max(0, leak - 0.3));
  const busy = clamp(wanted + 0.012 * noise(0x21), 0.01, 1);
  const memory = clamp(0.4 + 0.1 * Math.min(asked * share, 2) + leak + 0.008 * noise(0x31), 0.05, 0.995);
  if (metric === 'cpu') return round(busy, 4);
  if (metric === 'memory') return round(memory, 4);

  const restarted = disturbance(service.kind, state, t);
  const starved = clamp((memory - 0.93) / 0.06, 0, 1);
  const turnedAway = Math.max(0, 1 - 1 / Math.max(1, wanted));
  if (metric === 'error_ratio') {
    const usual = 0.0012 * Math.exp(0.5 * noise(0x41));
    // Most scrapes of a quiet service see no error at all.
    const seen = uniform(seed ^ 0x42, key, at) < 0.4 ? 0 : usual;
    const more = 0.3 * bad + release.errors + turnedAway + 0.12 * starved + restarted.errors;
    return round(clamp(seen + more * (1 + 0.08 * noise(0x43)), 0, 1), 5);
  }
  const queueing = 1 / Math.max(0.12, 1.02 - Math.min(busy, 0.9) ** 2);
  const slow =
    queueing *
    (1 + 1.4 * bad + 2 * starved + 3 * turnedAway) *
    Math.exp((0.06 + release.jitter) * noise(0x51));
  return round(baseLatency[service.kind] * slow * release.slow * restarted.slow, 2);
}
