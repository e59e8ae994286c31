import { atOnce, type Stretches } from '#kernel/clock/slices.ts';
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
  const result = atOnce(evaluate(world, parseSelector(query), [t], options)).flatMap(({ metric, values }) =>
    values[0] ? [{ metric, value: values[0] } satisfies VectorSample] : [],
  );
  return answer('vector', result);
}

/** Prometheus itself refuses longer ones. */
export const maxPoints = 11_000;

/** Series times points of one region's answer, as a server with `--query.max-samples` bounds it. */
export const maxSamples = 60_000;

/** It is understood, and too much: what Prometheus calls an `execution` error. */
export class TooManySamples extends Error {}

interface Range {
  start: number;
  end: number;
  stepMs: number;
}

/** `GET /api/v1/query_range`; times in milliseconds. Gaps are left out, as Prometheus does. */
export const rangeQuery = (world: World, query: string, range: Range, options: QueryOptions = {}) =>
  atOnce(rangeStretches(world, query, range, options));

/** The same in small stretches, and bounded: for whoever shares a process with others. */
export function* rangeStretches(
  world: World,
  query: string,
  range: Range,
  options: QueryOptions = {},
  mostSamples = Number.POSITIVE_INFINITY,
): Stretches<Success<'matrix', MatrixSeries>> {
  const times: number[] = [];
  for (let t = range.start; t <= range.end && times.length <= maxPoints; t += range.stepMs) times.push(t);
  return answer('matrix', yield* evaluate(world, parseSelector(query), times, options, mostSamples));
}

/** Samples in a stretch: a few milliseconds at most. */
const stretch = 500;

function* evaluate(
  world: World,
  selector: Selector,
  times: readonly number[],
  options: QueryOptions,
  mostSamples = Number.POSITIVE_INFINITY,
): Stretches<MatrixSeries[]> {
  const chosen = seriesOf(world, options.region).filter(s => selects(selector, s.labels));
  if (chosen.length * times.length > mostSamples)
    throw new TooManySamples(
      `query processing would load too many samples: ${chosen.length} series at ${times.length} points, and ${mostSamples} samples are the most of one region. Take a longer step or name fewer series.`,
    );
  const { aggregate } = selector;
  const found: MatrixSeries[] = [];
  let since = 0;
  for (const { metric, members } of aggregate ? grouped(chosen, aggregate.by) : chosen.map(alone)) {
    const values: [number, string][] = [];
    for (const t of times) {
      const present = members.map(m => m.at(t)).filter(v => v !== null);
      const value = aggregate && present.length > 0 ? aggregated[aggregate.of](present) : present[0];
      if (value !== undefined) values.push([seconds(t), String(value)]);
      since += members.length;
      if (since < stretch) continue;
      since = 0;
      yield;
    }
    if (values.length > 0) found.push({ metric, values });
  }
  return found;
}

interface Group {
  metric: Labels;
  members: Reading[];
}

const alone = (one: Reading): Group => ({ metric: one.labels, members: [one] });

function grouped(chosen: readonly Reading[], by: readonly string[]): Group[] {
  const groups = new Map<string, Group>();
  for (const one of chosen) {
    const metric = Object.fromEntries(
      by.flatMap(l => (one.labels[l] === undefined ? [] : [[l, one.labels[l]]])),
    );
    const key = JSON.stringify(metric);
    const group = groups.get(key) ?? { metric, members: [] };
    group.members.push(one);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const aggregated = {
  sum,
  avg: (values: number[]) => sum(values) / values.length,
  min: (values: number[]) => Math.min(...values),
  max: (values: number[]) => Math.max(...values),
  count: (values: number[]) => values.length,
};

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
