import { inSlices, type Stretches } from '#kernel/clock/slices.ts';
import type { ReadDb } from '#kernel/db/database.ts';
import {
  exposition,
  instantQuery,
  maxSamples,
  rangeStretches,
  SelectorError,
  TooManySamples,
} from '#server/world/prometheus.ts';
import { loadWorld } from '#server/world/state.ts';
import type { World } from '#server/world/world.ts';
import type { RegionReply, RegionSource } from './gateway.ts';
import { newestQuery } from './rules/merge.ts';

/** Each region of the world has a Prometheus of its own; one whose region is lost does not answer. */
export async function simulatedRegions(db: ReadDb, now: Date): Promise<RegionSource[]> {
  const world = await loadWorld(db, now);
  return world.regions.map(({ name }) => ({
    region: name,
    simulated: true,
    get: async (path, parameters, signal) => {
      if (!world.regionAt(name, now.getTime()).up)
        throw new Error('connection refused: the simulated region is lost');
      try {
        return await inSlices(answer(world, name, path, parameters, now.getTime()), signal);
      } catch (error) {
        if (error instanceof SelectorError) return failure('bad_data', error.message);
        if (error instanceof TooManySamples) return failure('execution', error.message);
        throw error;
      }
    },
  }));
}

const json = (body: unknown): RegionReply => ({ status: 200, body: JSON.stringify(body) });
const success = (data: unknown) => json({ status: 'success', data });
const failure = (errorType: 'bad_data' | 'execution', error: string): RegionReply => ({
  status: errorType === 'bad_data' ? 400 : 422,
  body: JSON.stringify({ status: 'error', errorType, error }),
});

function* answer(
  world: World,
  region: string,
  path: string,
  parameters: URLSearchParams,
  now: number,
): Stretches<RegionReply> {
  const at = (name: string) => (parameters.get(name) === null ? now : Number(parameters.get(name)) * 1000);
  const query = parameters.get('query') ?? '';
  if (path === '/api/v1/query') {
    if (query === newestQuery) return success(newest(world, region, now));
    return json(instantQuery(world, query, at('time'), { region }));
  }
  if (path === '/api/v1/query_range') {
    const range = { start: at('start'), end: at('end'), stepMs: Number(parameters.get('step')) * 1000 };
    return json(yield* rangeStretches(world, query, range, { region }, maxSamples));
  }
  const selectors = parameters.getAll('match[]');
  const series = () =>
    seriesAt(world, region, selectors.length > 0 ? selectors : ['{__name__!=""}'], at('end'));
  if (path === '/api/v1/series') return success([...(yield* series()).values()]);
  if (path === '/api/v1/labels')
    return success(
      [...new Set([...(yield* series()).values()].flatMap(metric => Object.keys(metric)))].sort(),
    );
  const label = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (label !== undefined)
    return success(
      [...new Set([...(yield* series()).values()].flatMap(metric => metric[label] ?? []))].sort(),
    );
  if (path === '/federate') return { status: 200, body: yield* federated(world, region, selectors, now) };
  return { status: 404, body: 'not found' };
}

function newest(world: World, region: string, now: number) {
  const slow = world
    .faultsAt(now)
    .find(
      fault => fault.fault === 'slow-metrics' && fault.target.kind === 'region' && fault.target.id === region,
    );
  const taken = Math.floor((now - (slow ? Math.round(slow.intensity * 5) * 60_000 : 0)) / 15_000) * 15;
  return { resultType: 'vector', result: [{ metric: {}, value: [now / 1000, String(taken)] }] };
}

/** Each series once, by its labels. A pattern of each selector may take a while: others go first in between. */
function* seriesAt(world: World, region: string, selectors: readonly string[], t: number) {
  const found = new Map<string, Record<string, string>>();
  for (const selector of selectors) {
    for (const { metric } of instantQuery(world, selector, t, { region }).data.result)
      found.set(JSON.stringify(metric), metric);
    yield;
  }
  return found;
}

function* federated(
  world: World,
  region: string,
  selectors: readonly string[],
  now: number,
): Stretches<string> {
  const wanted = yield* seriesAt(world, region, selectors, now);
  const said = exposition(world, now, { region });
  const keep = (line: string) => {
    const found = /^([a-zA-Z_:][a-zA-Z0-9_:]*)\{(.*)\}/.exec(line);
    if (!found) return line.startsWith('#');
    const labels: Record<string, string> = { __name__: found[1] ?? '' };
    for (const [, name = '', value = ''] of (found[2] ?? '').matchAll(/([a-zA-Z_]\w*)="([^"]*)"/g))
      labels[name] = value;
    return wanted.has(JSON.stringify(labels));
  };
  return said.split('\n').filter(keep).join('\n').concat('\n');
}
