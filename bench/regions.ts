import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { streamInput } from '#server/federation/replication/schema.ts';
import { carryOut, createStream, lookAtStreams } from '#server/federation/replication/service.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';

export const home = 'eu-west';
export const mirror = 'us-east';
export const tenant = 't1';
export const stream = 'eu-us';

export interface BenchRegions {
  servers: TestRegions;
  ctx(): CommandContext;
  /** Makes the stream and waits until it is live. Where a queue runs, its job makes it: two at once would meet. */
  join(tables: readonly string[], queued?: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Two durable region servers apart from the console's own, as the default start has them. */
export async function benchRegions(database: Database): Promise<BenchRegions> {
  const ctx = () => systemContext('bench', database, systemClock);
  const durable = { settings: { fsync: 'on' } };
  const servers = await startTestRegions({ [home]: { ...durable, tenants: [tenant] }, [mirror]: durable });
  try {
    const bed = { system: ctx() };
    await registerTestRegion(bed, { name: home, country: 'IE' });
    await registerTestRegion(bed, { name: mirror, country: 'US' });
    await createTenant(
      ctx(),
      createTenantInput.parse({ id: tenant, name: tenant, environment: 'simulation', homeRegion: home }),
    );
  } catch (error) {
    await servers.stop();
    throw error;
  }
  return {
    servers,
    ctx,
    join: async (tables, queued = false) => {
      const made = { id: stream, publisher: home, subscriber: mirror, tenants: [tenant] };
      await createStream(ctx(), streamInput.parse({ ...made, tables: tables.map(table => ({ table })) }));
      if (!queued) await carryOut(ctx(), stream);
      await until('the stream to be live', 300_000, async () => {
        const [seen] = await lookAtStreams(ctx());
        return seen?.look.health === 'streaming';
      });
    },
    stop: async () => {
      await servers.stop();
      const owner = database.pool('atom_owner');
      await owner.query(
        'truncate replication_stream, failover_run, region_write, failover_observation cascade',
      );
      await owner.query('delete from tenant where id = $1', [tenant]);
      await owner.query('truncate region cascade');
    },
  };
}

/** Looks often enough that what is measured by it is off by little. */
export async function until(
  what: string,
  withinMs: number,
  is: () => Promise<boolean>,
  everyMs = 50,
): Promise<number> {
  const started = performance.now();
  for (;;) {
    if (await is()) return performance.now() - started;
    if (performance.now() - started > withinMs) throw new Error(`It never came to this: ${what}.`);
    await new Promise(resolve => setTimeout(resolve, everyMs));
  }
}
