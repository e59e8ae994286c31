import { env } from '#kernel/env/env.ts';
import { gatewayState } from '#kernel/env/gateways.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { prometheusGateway } from '../gateway.real/prometheus.ts';
import { simulatedMetrics } from '../gateway.simulated.ts';
import type { MetricsGateway } from '../gateway.ts';
import { nextRange, parseQueries, parseRegions, samplesOf, stepMs } from '../rules/pulling.ts';
import { reached } from '../rules/reach.ts';
import { reachOf } from '../store/sources.ts';
import { writeSamples } from '../store/write.ts';
import { sampleOf } from './rejections.ts';
import { pullOnce } from './source.ts';
import { tenantsOf } from './tenants.ts';

/** One Prometheus: each has its own cursor, so that one which does not answer stops only itself. */
export interface Place {
  region?: string;
  gateway: MetricsGateway;
}

const idOf = (region: string | undefined): string =>
  region === undefined ? 'prometheus' : `prometheus:${region}`;

/** The sources of metrics that the configuration names. */
export const namedMetrics = (ctx: CommandContext): string[] =>
  placesOf(ctx).map(({ region }) => idOf(region));

function placesOf(ctx: CommandContext): Place[] {
  const { PROM_URL, PROM_REGION_URLS } = env().vars;
  if (gatewayState('metrics').state === 'real')
    return PROM_URL
      ? [{ gateway: prometheusGateway([{ url: PROM_URL }]) }]
      : parseRegions(PROM_REGION_URLS).map(({ region, url }) => ({
          region,
          gateway: prometheusGateway([{ url, region }]),
        }));
  return env().simulation ? [{ gateway: simulatedMetrics(ctx.db, ctx.clock.now()) }] : [];
}

/** Fills `metric_point` in steps of fifteen seconds, and goes on where it stopped. Null where nothing could be pulled. */
export async function pullMetrics(
  ctx: CommandContext,
  places: readonly Place[] = placesOf(ctx),
): Promise<number | null> {
  const pulled = await Promise.all(places.map(place => pullPlace(ctx, place)));
  const done = pulled.filter(n => n !== null);
  return pulled.length > 0 && done.length === 0 ? null : done.reduce((sum, n) => sum + n, 0);
}

async function pullPlace(ctx: CommandContext, place: Place): Promise<number | null> {
  for (let all = 0; ; ) {
    const { pulled, front } = await pullSlice(ctx, place);
    if (pulled === null) return null;
    all += pulled;
    if (front) return all;
  }
}

async function pullSlice(
  ctx: CommandContext,
  { region, gateway }: Place,
): Promise<{ pulled: number | null; front: boolean }> {
  const name = {
    id: idOf(region),
    kind: 'metrics',
    title: region === undefined ? 'Prometheus' : `Prometheus of ${region}`,
    simulated: gateway.simulated,
  };
  let front = true;
  const taken = await pullOnce(ctx, name, async cursor => {
    const now = ctx.clock.now().getTime();
    const range = nextRange(cursor === null ? null : Number(cursor), now);
    if (!range) return null;
    const tenants = await tenantsOf(ctx);
    let pulled = 0;
    const left: Readonly<Record<string, string>>[] = [];
    const instants = new Set<number>();
    const regions = new Set<string>();
    // A real Prometheus keeps its own names; the world answers to the console's.
    const queries = parseQueries(gateway.simulated ? undefined : env().vars.PROM_QUERIES);
    for (const [metric, query] of Object.entries(queries)) {
      const series = await gateway.range(query, range.start, range.end, stepMs);
      const found = samplesOf(metric, series, tenants);
      left.push(...found.left);
      for (const { values } of series)
        for (const [seconds] of values) instants.add(Math.round(seconds * 1000));
      for (const sample of found.samples) regions.add(sample.region ?? '');
      pulled += await writeSamples(ctx.database, found.samples);
    }
    front = range.front;
    const answer = { instants, regions: [...regions].sort() };
    const { reach, gaps } = reached(await reachOf(ctx.database, name.id), range, answer, now);
    return {
      cursor: String(range.end),
      reach: { ...reach, gaps },
      pulled,
      lagSeconds: (now - Math.min(range.end, (reach.knownTo ?? range.end + stepMs) - stepMs)) / 1000,
      rejected:
        left.length > 0 && !gateway.simulated
          ? {
              count: left.length,
              reason: 'Labels that name no tenant that is known, or no service.',
              sample: sampleOf(left[0]),
            }
          : undefined,
    };
  });
  return { pulled: taken, front };
}
