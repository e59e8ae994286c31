import { billOf } from './bill.ts';
import {
  latencyMs,
  worldNodes,
  worldPrices,
  worldRegions,
  worldSeed,
  worldServices,
  worldTenants,
} from './catalogue.ts';
import { eventsOf } from './events.ts';
import { injectedFaults, seededFaults } from './faults.ts';
import { bell, hashOf, uniform } from './hash.ts';
import type {
  CostRow,
  Fault,
  NodeState,
  PlacedCommand,
  RegionState,
  ServiceState,
  WorldCommand,
  WorldEvent,
  WorldMetric,
  WorldNode,
  WorldPrice,
  WorldRegion,
  WorldService,
  WorldTenant,
} from './schema.ts';
import { fine, reading, releaseOf, scrape } from './signals.ts';
import { firstVersion, inOrder, placement, stateAt, timelines } from './timeline.ts';

export interface Point {
  t: number;
  value: number | null;
}

/** A pure function of seed, commands and time: every process that reads it sees the same. */
export interface World {
  readonly seed: number;
  readonly commands: readonly PlacedCommand[];
  readonly regions: readonly WorldRegion[];
  readonly services: readonly WorldService[];
  readonly nodes: readonly WorldNode[];
  readonly prices: readonly WorldPrice[];
  readonly tenants: readonly WorldTenant[];
  service(id: string): WorldService | undefined;
  /** `null` = a scrape finds nothing: a gap, not a zero. */
  metric(name: WorldMetric, serviceId: string, t: number): number | null;
  /** The same for one part of a service that runs a canary: its replicas of the new version, or the others. */
  partMetric(name: WorldMetric, serviceId: string, part: 'baseline' | 'canary', t: number): number | null;
  /** At `from`, `from + stepMs`, … up to and with `to`. */
  series(name: WorldMetric, serviceId: string, from: number, to: number, stepMs: number): Point[];
  serviceAt(id: string, t: number): ServiceState;
  nodesAt(t: number): Map<string, NodeState>;
  regionAt(name: string, t: number): RegionState;
  replicationLagMs(from: string, to: string, t: number): number | null;
  /** Log lines and alerts with `from ≤ time < to`, as telemetry would bring them. */
  events(from: number, to: number): WorldEvent[];
  /** What a day (YYYY-MM-DD, UTC) costs; of the day of `until`, what has been used by then. */
  bill(day: string, until?: number): CostRow[];
  faultsAt(t: number): Fault[];
  faultsBetween(from: number, to: number): Fault[];
  /** A copy in which this was done too; this world stays as it is. Without `at` it holds right after all the others. */
  with(command: WorldCommand, at?: number): World;
  /** As it would have gone on if nothing had been done after `t`. */
  upTo(t: number): World;
}

export interface WorldOptions {
  /** Without the incidents that the seed brings. */
  quiet?: boolean;
}

export function createWorld(
  seed: number = worldSeed,
  given: readonly PlacedCommand[] = [],
  options: WorldOptions = {},
): World {
  const commands = inOrder(given);
  const injected = injectedFaults(commands);
  const own = new Map(worldServices.map(s => [s.id, seededFaults(seed, s, commands)]));
  const byId = new Map(worldServices.map(s => [s.id, s]));
  const regionsByName = new Map(worldRegions.map(r => [r.name, r]));
  const seededBetween = (from: number, to: number) =>
    options.quiet ? [] : worldServices.flatMap(s => own.get(s.id)?.between(from, to) ?? []);
  const state = timelines(commands, worldServices, worldNodes, worldRegions, (id, at) =>
    [...injected, ...(options.quiet ? [] : (own.get(id)?.between(at - 1, at + 1) ?? []))].some(
      f => f.fault === 'bad-deploy' && f.target.id === id && f.from < at && f.to === at,
    ),
  );

  const isOn = (fault: Fault, t: number) => fault.from <= t && t < fault.to;
  const known = (id: string): WorldService => {
    const found = byId.get(id);
    if (!found) throw new Error(`The world has no service "${id}"`);
    return found;
  };
  const commanded = (id: string, t: number) => stateAt(state.services.get(id) ?? [], t);
  const inRegion = (region: string, kind: Fault['fault'], t: number): Fault | undefined =>
    injected.find(f => f.fault === kind && f.target.id === region && isOn(f, t));

  const faultsOn = (service: WorldService, t: number): Fault[] => {
    const found = injected.filter(
      f =>
        isOn(f, t) &&
        (f.target.kind === 'service' ? f.target.id === service.id : f.target.id === service.tenantId),
    );
    const incident = options.quiet ? null : own.get(service.id)?.at(t);
    if (incident && isOn(incident, t)) found.push(incident);
    return found;
  };

  const qualityOf = (id: string, version: string) =>
    version === firstVersion(id) ? fine : releaseOf(seed, id, version);

  const read = (name: WorldMetric, id: string, t: number, part?: 'baseline' | 'canary'): number | null => {
    const service = known(id);
    const now = commanded(id, t);
    if (inRegion(now.region, 'region-loss', t)) return null;
    const slow = inRegion(now.region, 'slow-metrics', t);
    let seen = t;
    if (slow) {
      // A late exporter shows what was, and some scrapes run into their deadline.
      if (uniform(seed ^ 0x77, hashOf(id), Math.floor(t / scrape)) < 0.35 * slow.intensity) return null;
      seen = t - Math.round(slow.intensity * 5) * 60_000;
    }
    const then = seen === t ? now : commanded(id, seen);
    const conditions = {
      // Each part has replicas of its own, and so noise of its own.
      seed: part === 'canary' ? seed ^ 0x3c3c : part === 'baseline' ? seed ^ 0xc3c3 : seed,
      release: qualityOf(id, then.version),
      state: then,
      utcOffsetHours: regionsByName.get(service.region)?.utcOffsetHours ?? 0,
      crowding: stateAt(state.crowding.get(then.region) ?? [], seen),
      faults: faultsOn(service, seen),
    };
    const { canary } = then;
    if (!canary || name === 'replicas' || name === 'rps') {
      const value = reading(service, name, seen, conditions);
      if (!canary || !part || value === null) return value;
      return value * (part === 'canary' ? canary.share : 1 - canary.share);
    }
    const changed = { ...conditions, release: qualityOf(id, canary.version) };
    if (part) return reading(service, name, seen, part === 'canary' ? changed : conditions);
    const [others, some] = [reading(service, name, seen, conditions), reading(service, name, seen, changed)];
    if (others === null || some === null) return null;
    return Math.round((others * (1 - canary.share) + some * canary.share) * 1e5) / 1e5;
  };
  const metric: World['metric'] = (name, id, t) => read(name, id, t);

  const world: World = {
    seed,
    commands,
    regions: worldRegions,
    services: worldServices,
    nodes: worldNodes,
    prices: worldPrices,
    tenants: worldTenants,
    service: id => byId.get(id),
    metric,
    partMetric: (name, id, part, t) => read(name, id, t, part),
    series: (name, id, from, to, stepMs) => {
      const points: Point[] = [];
      for (let t = from; t <= to; t += stepMs) points.push({ t, value: metric(name, id, t) });
      return points;
    },
    serviceAt: (id, t) => {
      const service = known(id);
      const now = commanded(id, t);
      const bad = faultsOn(service, t).find(f => f.fault === 'bad-deploy');
      return bad ? { ...now, version: nextPatch(now.version), revision: now.revision + 1 } : now;
    },
    nodesAt: t => placement(t, state, worldServices, worldNodes),
    regionAt: (name, t) => {
      const skew = inRegion(name, 'clock-skew', t);
      const behind = inRegion(name, 'vault-drift', t);
      const version = stateAt(state.vaults.get(name) ?? [], t);
      return {
        up: !inRegion(name, 'region-loss', t),
        clockSkewMs: skew ? Math.round(skew.intensity * 180_000) : 0,
        vaultVersion: version,
        vaultBehind: behind ? 1 + Math.floor(behind.intensity * 3) : 0,
        policyTampered: !!inRegion(name, 'policy-tamper', t),
        registryCorrupt: !!inRegion(name, 'registry-corruption', t),
      };
    },
    replicationLagMs: (from, to, t) => {
      const [a, b] = [regionsByName.get(from), regionsByName.get(to)];
      if (!a || !b || inRegion(from, 'region-loss', t) || inRegion(to, 'region-loss', t)) return null;
      const usual =
        latencyMs(a, b) +
        30 * Math.exp(0.5 * bell(seed ^ 0x88, hashOf(`${from}>${to}`), Math.floor(t / scrape)));
      let behind = 0;
      for (const f of injected)
        if (f.fault === 'replication-stall' && (f.target.id === from || f.target.id === to) && f.from <= t)
          // After it ends, ten seconds of backlog are applied each second.
          behind = Math.max(behind, t < f.to ? t - f.from : f.to - f.from - 9 * (t - f.to));
      return Math.round(usual + behind);
    },
    events: (from, to) => eventsOf(world, from, to),
    bill: (day, until) => billOf(world, day, until),
    faultsAt: t => [...injected, ...seededBetween(t, t + 1)].filter(f => isOn(f, t)),
    faultsBetween: (from, to) => [
      ...injected.filter(f => f.from < to && f.to > from),
      ...seededBetween(from, to),
    ],
    with: (command, at) => {
      const last = commands.at(-1);
      const seq = (last?.seq ?? 0) + 1;
      return createWorld(seed, [...commands, { seq, at: at ?? last?.at ?? 0, command }], options);
    },
    upTo: t =>
      createWorld(
        seed,
        commands.filter(c => c.at <= t),
        options,
      ),
  };
  return world;
}

const nextPatch = (version: string) => version.replace(/\d+$/, n => `${Number(n) + 1}`);
