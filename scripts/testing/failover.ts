import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import {
  askObservers,
  assignWrites,
  keepLeases,
  lookAtGuards,
} from '#server/federation/edge-routing/service.ts';
import { streamInput } from '#server/federation/replication/schema.ts';
import { carryOut, createStream, lookAtStreams } from '#server/federation/replication/service.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { type TestBed, testBed } from './database.ts';
import { startTestRegions, type TestRegions } from './region-servers.ts';
import { registerTestRegion } from './regions.ts';
import { until } from './until.ts';

export interface FailoverWorld {
  bed: TestBed;
  regions: TestRegions;
  ctx(database?: Database): ReturnType<typeof systemContext>;
  /** What the worker's loops do all the time, until `stop`. */
  watch(): { stop(): Promise<void> };
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** Two real servers with one stream, the right to write at the first one, in real time. */
export async function startFailoverWorld(): Promise<FailoverWorld> {
  const bed = await testBed();
  const ctx = (database = bed.database) => systemContext('test', database, systemClock);
  const regions = await startTestRegions({ 'eu-west': { tenants: ['t1'] }, 'us-east': {} });
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await registerTestRegion(bed, { name: 'us-east', country: 'US' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  const input = streamInput.parse({
    id: 'eu-us',
    publisher: 'eu-west',
    subscriber: 'us-east',
    tables: [{ table: 'app.customer' }, { table: 'app.orders' }],
    tenants: ['t1'],
  });
  await createStream(ctx(), input);
  await carryOut(ctx(), 'eu-us');
  await until('the stream', async () => {
    const [seen] = await lookAtStreams(ctx());
    return seen?.look.health === 'streaming';
  });
  await assignWrites(ctx());
  const repeat = (everyMs: number, step: () => Promise<unknown>) => {
    let stopped = false;
    const running = (async () => {
      while (!stopped) {
        await step().catch(() => {});
        await new Promise(resolve => setTimeout(resolve, everyMs));
      }
    })();
    return async () => {
      stopped = true;
      await running;
    };
  };
  return {
    bed,
    regions,
    ctx,
    look: async () => void (await lookAtStreams(ctx())),
    watch: () => {
      const stops = [
        repeat(500, () => keepLeases(ctx())),
        repeat(500, () => askObservers(ctx())),
        repeat(500, () => lookAtGuards(ctx())),
        repeat(500, () => lookAtStreams(ctx())),
      ];
      return { stop: async () => void (await Promise.all(stops.map(stop => stop()))) };
    },
    stop: async () => {
      await regions.stop();
      await bed.close();
    },
  };
}
