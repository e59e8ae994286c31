import { env } from '#kernel/env/env.ts';
import { gatewayState } from '#kernel/env/gateways.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { simulatedEvents, simulatedHistory } from '../gateway.simulated.ts';
import { copySamples, writeSamples } from '../store/write.ts';
import { ingestLines } from './ingest.ts';
import { pullOnce } from './source.ts';
import { tenantsOf } from './tenants.ts';

/** Whether there is a simulated world to listen to. */
export const hasWorld = (): boolean => env().simulation;
export const hasLogs = (): boolean =>
  (env().vars.LOKI_URL !== undefined && real('logs')) || env().vars.TELEMETRY_FILES !== undefined;

const real = (name: string) => gatewayState(name).state === 'real';
const hour = 3_600_000;
const day = 24 * hour;

const eventsChunk = 2 * hour;

/** What the simulated world's services say, since the last time; at a first start two days of it. */
export async function pullWorld(ctx: CommandContext, signal?: AbortSignal): Promise<number | null> {
  if (!env().simulation) return 0;
  const name = { id: 'world', kind: 'events', title: 'Simulated world', simulated: true };
  for (let all = 0; ; ) {
    let behind = false;
    const pulled = await pullOnce(ctx, name, async cursor => {
      const now = ctx.clock.now().getTime();
      const from = Math.max(cursor === null ? now - 2 * day : Number(cursor), now - 2 * day);
      const to = Math.min(from + eventsChunk, now);
      if (to <= from) return null;
      const tenants = await tenantsOf(ctx);
      // The world has tenants that this console may not have.
      const events = (await simulatedEvents(ctx.db, ctx.clock.now(), from, to)).filter(
        event => event.tenant_id !== undefined && tenants.has(event.tenant_id),
      );
      const result = await ingestLines(
        ctx,
        'simulated',
        events.map((event, index) => ({ line: index + 1, event })),
      );
      behind = to < now;
      return { cursor: String(to), pulled: result.accepted, lagSeconds: (now - to) / 1000 };
    });
    if (pulled === null) return null;
    all += pulled;
    if (!behind || signal?.aborted) return all;
  }
}

const historyStep = 60_000;

/** Once, at a first start: two days of metrics, a point a minute, so that what learns from them need not wait for days. */
export async function loadMetricHistory(ctx: CommandContext): Promise<number | null> {
  if (!env().simulation || real('metrics')) return 0;
  const name = {
    id: 'world-history',
    kind: 'metrics',
    title: 'Simulated history of metrics',
    simulated: true,
  };
  return pullOnce(ctx, name, async cursor => {
    if (cursor !== null) return null;
    const now = ctx.clock.now().getTime();
    const end = Math.floor(now / historyStep) * historyStep - historyStep;
    const tenants = await tenantsOf(ctx);
    let pulled = 0;
    for await (const samples of simulatedHistory(ctx.db, ctx.clock.now(), end - 2 * day, end, historyStep)) {
      const own = samples.filter(s => tenants.get(s.tenantId)?.simulated);
      // What a pull brought meanwhile, or a history that was broken off, is kept as it is.
      pulled += await copySamples(ctx.database, own).catch(() => writeSamples(ctx.database, own));
    }
    return { cursor: String(end), pulled, lagSeconds: null };
  });
}
