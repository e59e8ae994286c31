import { env } from '#kernel/env/env.ts';
import { gatewayState } from '#kernel/env/gateways.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { prometheusGateway } from '../gateway.real/prometheus.ts';
import { simulatedMetrics } from '../gateway.simulated.ts';
import type { MetricsGateway } from '../gateway.ts';
import { nextRange, parseQueries, parseRegions, samplesOf } from '../rules/pulling.ts';
import { writeSamples } from '../store/write.ts';
import { sampleOf } from './rejections.ts';
import { pullOnce } from './source.ts';
import { tenantsOf } from './tenants.ts';

/** One Prometheus: each has its own cursor, so that one which does not answer stops only itself. */
export interface Place {
  region?: string;
  gateway: MetricsGateway;
}

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

async function pullPlace(ctx: CommandContext, { region, gateway }: Place): Promise<number | null> {
  const name = {
    id: region === undefined ? 'prometheus' : `prometheus:${region}`,
    kind: 'metrics',
    title: region === undefined ? 'Prometheus' : `Prometheus of ${region}`,
    simulated: gateway.simulated,
  };
  return pullOnce(ctx, name, async cursor => {
    const now = ctx.clock.now().getTime();
    const range = nextRange(cursor === null ? null : Number(cursor), now);
    if (!range) return null;
    const tenants = await tenantsOf(ctx);
    let pulled = 0;
    const left: Readonly<Record<string, string>>[] = [];
    // A real Prometheus keeps its own names; the world answers to the console's.
    const queries = parseQueries(gateway.simulated ? undefined : env().vars.PROM_QUERIES);
    for (const [metric, query] of Object.entries(queries)) {
      const series = await gateway.range(query, range.start, range.end, 15_000);
      const found = samplesOf(metric, series, tenants);
      left.push(...found.left);
      pulled += await writeSamples(ctx.database, found.samples);
    }
    return {
      cursor: String(range.end),
      pulled,
      lagSeconds: (now - range.end) / 1000,
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
}
