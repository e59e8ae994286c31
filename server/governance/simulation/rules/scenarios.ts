import { costPerDay } from '#server/world/bill.ts';
import type { FaultKind, FaultTarget } from '#server/world/schema.ts';
import type { World } from '#server/world/world.ts';
import { mean } from './statistics.ts';

const minute = 60_000;

export interface Signal {
  name: string;
  unit: string;
  read(world: World, target: FaultTarget, t: number): number;
  /** Whether the reading shows the fault. */
  broken(now: number, before: number): boolean;
}

export interface Scenario {
  id: FaultKind;
  title: string;
  what: string;
  target: FaultTarget;
  intensity: number;
  minutes: number;
  signal: Signal;
  /** The events of which one has to come, for it to count as noticed. */
  noticedBy: readonly string[];
  /** Everyday faults that actions can mend are in the library too, and are no game day. */
  gameDay: boolean;
}

const values = (world: World, ids: readonly string[], metric: 'rps' | 'error_ratio' | 'memory', t: number) =>
  ids.flatMap(id =>
    world
      .series(metric, id, t - 2 * minute, t, 15_000)
      .map(p => p.value)
      .filter(v => v !== null),
  );
const servicesOf = (world: World, target: FaultTarget, t: number) =>
  world.services
    .filter(s =>
      target.kind === 'service'
        ? s.id === target.id
        : target.kind === 'tenant'
          ? s.tenantId === target.id
          : world.serviceAt(s.id, t).region === target.id,
    )
    .map(s => s.id);
const average = (all: readonly number[]) => (all.length === 0 ? 0 : mean(all));

/** Percent of the readings that should be there within the last two minutes and are not. */
function missing(world: World, target: FaultTarget, t: number): number {
  const ids = servicesOf(world, target, t);
  const points = ids.flatMap(id => world.series('cpu', id, t - 2 * minute, t, 15_000));
  return points.length === 0 ? 0 : (100 * points.filter(p => p.value === null).length) / points.length;
}

const flag = (name: string, read: (world: World, target: FaultTarget, t: number) => boolean): Signal => ({
  name,
  unit: 'yes or no',
  read: (world, target, t) => (read(world, target, t) ? 1 : 0),
  broken: now => now > 0,
});
const region = (id: string): FaultTarget => ({ kind: 'region', id });
const service = (id: string): FaultTarget => ({ kind: 'service', id });

export const scenarios: readonly Scenario[] = [
  {
    id: 'region-loss',
    title: 'Region loss',
    what: 'No endpoint of the region answers. Its services report nothing, and whoever is behind it waits.',
    target: region('sa-east'),
    intensity: 1,
    minutes: 10,
    signal: {
      name: 'Share of readings missing',
      unit: '%',
      read: missing,
      broken: now => now > 90,
    },
    noticedBy: ['region_down'],
    gameDay: true,
  },
  {
    id: 'replication-stall',
    title: 'Replication stall',
    what: 'Changes no longer arrive at the region. The lag grows by a second each second.',
    target: region('us-east'),
    intensity: 1,
    minutes: 10,
    signal: {
      name: 'Worst replication lag',
      unit: 'ms',
      read: (world, target, t) =>
        Math.max(...world.regions.map(r => world.replicationLagMs(r.name, target.id, t) ?? 0)),
      broken: (now, before) => now > before + 30_000,
    },
    noticedBy: ['replication_lag_high'],
    gameDay: true,
  },
  {
    id: 'vault-drift',
    title: 'Vault drift',
    what: 'The region’s vault serves older secret versions than the primary. Rotating its keys mends it too.',
    target: region('ap-south'),
    intensity: 0.8,
    minutes: 8,
    signal: {
      name: 'Versions behind',
      unit: 'versions',
      read: (world, target, t) => world.regionAt(target.id, t).vaultBehind,
      broken: now => now > 0,
    },
    noticedBy: ['vault_version_drift'],
    gameDay: true,
  },
  {
    id: 'policy-tamper',
    title: 'Policy tamper',
    what: 'What the region holds as its policy is not what was published and signed.',
    target: region('ap-northeast'),
    intensity: 1,
    minutes: 8,
    signal: flag('Hash differs', (world, target, t) => world.regionAt(target.id, t).policyTampered),
    noticedBy: ['policy_hash_mismatch'],
    gameDay: true,
  },
  {
    id: 'registry-corruption',
    title: 'Registry corruption',
    what: 'An image in the region’s mirror no longer matches its digest.',
    target: region('us-east'),
    intensity: 1,
    minutes: 8,
    signal: flag('Digest differs', (world, target, t) => world.regionAt(target.id, t).registryCorrupt),
    noticedBy: ['image_digest_mismatch'],
    gameDay: true,
  },
  {
    id: 'traffic-surge',
    title: 'Traffic surge',
    what: 'Several times the usual requests. More replicas carry it.',
    target: service('acme-checkout'),
    intensity: 0.8,
    minutes: 15,
    signal: {
      name: 'Requests per second',
      unit: 'requests/s',
      read: (world, target, t) => average(values(world, servicesOf(world, target, t), 'rps', t)),
      broken: (now, before) => now > 1.5 * before,
    },
    noticedBy: ['cpu_spike', 'error_rate_high', 'rate_limited'],
    gameDay: true,
  },
  {
    id: 'cost-spike',
    title: 'Cost spike',
    what: 'Forgotten machines and egress that nobody planned. The bill grows and nothing else shows it.',
    target: service('iris-vision'),
    intensity: 0.8,
    minutes: 30,
    signal: {
      name: 'Cost at this pace',
      unit: 'EUR/day',
      read: (world, target, t) =>
        servicesOf(world, target, t).reduce((sum, id) => sum + costPerDay(world, id, t), 0),
      broken: (now, before) => now > 1.3 * before,
    },
    noticedBy: ['cost_anomaly'],
    gameDay: true,
  },
  {
    id: 'slow-metrics',
    title: 'Slow metrics',
    what: 'Metrics of the region arrive minutes late and with gaps. Whoever decides on them decides on the past.',
    target: region('eu-west'),
    intensity: 0.9,
    minutes: 10,
    signal: {
      name: 'Share of readings missing',
      unit: '%',
      read: missing,
      broken: now => now > 5,
    },
    noticedBy: ['scrape_delayed'],
    gameDay: true,
  },
  {
    id: 'clock-skew',
    title: 'Clock skew',
    what: 'The region’s clock is minutes ahead. What it logs seems to come from the future.',
    target: region('ap-south'),
    intensity: 0.7,
    minutes: 8,
    signal: {
      name: 'Clock ahead by',
      unit: 'ms',
      read: (world, target, t) => world.regionAt(target.id, t).clockSkewMs,
      broken: now => now > 1000,
    },
    noticedBy: ['clock_skew'],
    gameDay: true,
  },
  {
    id: 'bad-deploy',
    title: 'Bad deployment',
    what: 'A new version fails for a share of the requests. A rollback ends it.',
    target: service('service-x'),
    intensity: 0.8,
    minutes: 15,
    signal: {
      name: 'Share of requests that fail',
      unit: 'ratio',
      read: (world, target, t) => average(values(world, servicesOf(world, target, t), 'error_ratio', t)),
      broken: (now, before) => now > before + 0.03,
    },
    noticedBy: ['error_rate_high', 'exception'],
    gameDay: false,
  },
  {
    id: 'memory-leak',
    title: 'Memory leak',
    what: 'Memory fills over half an hour. A restart empties it for a while; healing stops it.',
    target: service('service-x'),
    intensity: 0.8,
    minutes: 40,
    signal: {
      name: 'Memory in use',
      unit: 'ratio',
      read: (world, target, t) => average(values(world, servicesOf(world, target, t), 'memory', t)),
      broken: (now, before) => now > before + 0.15,
    },
    noticedBy: ['memory_pressure', 'gc_pressure'],
    gameDay: false,
  },
];

export const scenarioOf = (id: string): Scenario | undefined => scenarios.find(s => s.id === id);

/**
 * Where to practise when nobody says: the usual target, or another of its kind if something is wrong there within the hour,
 * since what is broken already shows nothing more.
 */
export function quietTarget(world: World, scenario: Scenario, t: number): FaultTarget {
  const { kind, id } = scenario.target;
  const around = world.faultsBetween(t - 60 * minute, t + 90 * minute);
  const troubled = (name: string) => {
    const service = world.service(name);
    const names = [name, service?.tenantId, service && world.serviceAt(name, t).region];
    return around.some(f => names.includes(f.target.id));
  };
  const all = kind === 'region' ? world.regions.map(r => r.name) : world.services.map(s => s.id);
  return { kind, id: [id, ...all].find(name => !troubled(name)) ?? id };
}
