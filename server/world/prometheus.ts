import type { WorldMetric } from './schema.ts';
import { type Labels, parseSelector, type Selector, selects } from './selector.ts';
import type { World } from './world.ts';

export { SelectorError } from './selector.ts';

interface Family {
  name: string;
  metric: WorldMetric;
  help: string;
}

export const families: readonly Family[] = [
  { name: 'atom_service_cpu_ratio', metric: 'cpu', help: 'Processor use of the service, 0 to 1' },
  { name: 'atom_service_memory_ratio', metric: 'memory', help: 'Memory use of the service, 0 to 1' },
  { name: 'atom_service_requests_per_second', metric: 'rps', help: 'Requests per second' },
  { name: 'atom_service_error_ratio', metric: 'error_ratio', help: 'Share of requests that fail, 0 to 1' },
  {
    name: 'atom_service_latency_p95_milliseconds',
    metric: 'latency_p95_ms',
    help: 'Latency of the 95th percentile',
  },
  { name: 'atom_service_replicas', metric: 'replicas', help: 'Replicas that run' },
];

interface Reading {
  labels: Labels;
  at(t: number): number | null;
}

const seconds = (ms: number) => ms / 1000;

/** Every series the world shows; `region` leaves those that one region's own Prometheus would have. */
function seriesOf(world: World, region?: string): Reading[] {
  const simulated = 'true';
  const services = world.services
    .filter(s => region === undefined || s.region === region)
    .flatMap(s =>
      families.map(family => ({
        labels: { __name__: family.name, service: s.id, tenant: s.tenantId, region: s.region, simulated },
        at: (t: number) => world.metric(family.metric, s.id, t),
      })),
    );
  const regions = world.regions.filter(r => region === undefined || r.name === region);
  const up = regions.map(r => ({
    labels: { __name__: 'atom_region_up', region: r.name, simulated },
    at: (t: number) => (world.regionAt(r.name, t).up ? 1 : 0),
  }));
  const lag = regions.flatMap(to =>
    world.regions
      .filter(from => from.name !== to.name)
      .map(from => ({
        labels: {
          __name__: 'atom_replication_lag_milliseconds',
          region: to.name,
          from: from.name,
          to: to.name,
          simulated,
        },
        at: (t: number) => world.replicationLagMs(from.name, to.name, t),
      })),
  );
  return [...services, ...up, ...lag];
}

export interface QueryOptions {
  /** Only what this region's own Prometheus would have scraped. */
  region?: string;
}

export interface VectorSample {
  metric: Labels;
  value: [time: number, value: string];
}
export interface MatrixSeries {
  metric: Labels;
  values: [time: number, value: string][];
}
interface Success<T extends string, R> {
  status: 'success';
  data: { resultType: T; result: R[] };
}

const answer = <T extends string, R>(resultType: T, result: R[]): Success<T, R> => ({
  status: 'success',
  data: { resultType, result },
});

/** `GET /api/v1/query` for one selector; `t` in milliseconds. Throws `SelectorError` for what it does not understand. */
export function instantQuery(world: World, query: string, t: number, options: QueryOptions = {}) {
  const result = evaluate(world, parseSelector(query), [t], options).flatMap(({ metric, values }) =>
    values[0] ? [{ metric, value: values[0] } satisfies VectorSample] : [],
  );
  return answer('vector', result);
}

/** Prometheus itself refuses longer ones. */
export const maxPoints = 11_000;

/** `GET /api/v1/query_range`; times in milliseconds. Gaps are left out, as Prometheus does. */
export function rangeQuery(
  world: World,
  query: string,
  range: { start: number; end: number; stepMs: number },
  options: QueryOptions = {},
) {
  const times: number[] = [];
  for (let t = range.start; t <= range.end && times.length <= maxPoints; t += range.stepMs) times.push(t);
  return answer('matrix', evaluate(world, parseSelector(query), times, options));
}

function evaluate(
  world: World,
  selector: Selector,
  times: readonly number[],
  options: QueryOptions,
): MatrixSeries[] {
  const chosen = seriesOf(world, options.region).filter(s => selects(selector, s.labels));
  const { aggregate } = selector;
  if (!aggregate)
    return chosen.flatMap(({ labels, at }) => {
      const values = times.flatMap(t => sample(t, at(t)));
      return values.length > 0 ? [{ metric: labels, values }] : [];
    });
  const groups = new Map<string, { metric: Labels; members: Reading[] }>();
  for (const one of chosen) {
    const metric = Object.fromEntries(
      aggregate.by.flatMap(l => (one.labels[l] === undefined ? [] : [[l, one.labels[l]]])),
    );
    const key = JSON.stringify(metric);
    const group = groups.get(key) ?? { metric, members: [] };
    group.members.push(one);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ metric, members }) => {
    const values = times.flatMap(t => {
      const present = members.map(m => m.at(t)).filter(v => v !== null);
      return present.length === 0 ? [] : sample(t, aggregated[aggregate.of](present));
    });
    return values.length > 0 ? [{ metric, values }] : [];
  });
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const aggregated = {
  sum,
  avg: (values: number[]) => sum(values) / values.length,
  min: (values: number[]) => Math.min(...values),
  max: (values: number[]) => Math.max(...values),
  count: (values: number[]) => values.length,
};

const sample = (t: number, value: number | null): [number, string][] =>
  value === null ? [] : [[seconds(t), String(value)]];

/** `GET /metrics`: the text exposition of this moment. */
export function exposition(world: World, t: number, options: QueryOptions = {}): string {
  const all = seriesOf(world, options.region);
  const names = [...families.map(f => ({ name: f.name, help: f.help })), ...others];
  return names
    .flatMap(({ name, help }) => [
      `# HELP ${name} ${help} (simulated)`,
      `# TYPE ${name} gauge`,
      ...all.flatMap(({ labels, at }) => {
        if (labels.__name__ !== name) return [];
        const value = at(t);
        const said = Object.entries(labels).flatMap(([k, v]) => (k === '__name__' ? [] : [`${k}="${v}"`]));
        return value === null ? [] : [`${name}{${said.join(',')}} ${value}`];
      }),
    ])
    .join('\n')
    .concat('\n');
}

const others = [
  { name: 'atom_region_up', help: 'Whether the region answers' },
  { name: 'atom_replication_lag_milliseconds', help: 'How far one region is behind another' },
];
