import { env } from '#kernel/env/env.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { realRegion } from './gateway.real.ts';
import { simulatedRegions } from './gateway.simulated.ts';

export interface RegionReply {
  status: number;
  body: string;
}

/** One region's Prometheus, by the paths of its HTTP API: the client is the same, whoever answers. */
export interface RegionSource {
  region: string;
  simulated: boolean;
  get(path: string, parameters: URLSearchParams, signal: AbortSignal): Promise<RegionReply>;
}

/** `name=URL` pairs with commas; PROM_URL alone is the one region `default`. Without either the simulated regions answer. */
export async function regionSources(ctx: ReadContext): Promise<RegionSource[]> {
  const pairs = env().connected('PROM_REGION_URLS');
  const single = env().connected('PROM_URL');
  const real =
    pairs === undefined
      ? single === undefined
        ? []
        : [realRegion('default', single)]
      : pairs.split(',').flatMap(pair => {
          const [region = '', ...url] = pair.split('=');
          return region.trim() && url.length > 0 ? [realRegion(region.trim(), url.join('=').trim())] : [];
        });
  // Who acts in the simulated world alone reaches nothing real.
  if (real.length > 0 && ctx.scope.reach === 'simulated') return [];
  return real.length > 0 ? real : simulatedRegions(ctx.db, ctx.clock.now());
}
