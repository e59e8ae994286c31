import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { bindRegionServers, regionServers } from '#kernel/regions/servers.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { executeInput, type FailoverRun } from '#server/federation/edge-routing/schema.ts';
import {
  askObservers,
  assignWrites,
  executeFailover,
  keepLeases,
  lookAtGuards,
  readFailover,
  readRun,
  runFailover,
} from '#server/federation/edge-routing/service.ts';
import { streamInput } from '#server/federation/replication/schema.ts';
import { carryOut, createStream, lookAtStreams } from '#server/federation/replication/service.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { type TestBed, testBed } from './database.ts';
import { startTestRegions, type TestRegion, type TestRegions } from './region-servers.ts';
import { registerTestRegion } from './regions.ts';
import { until } from './until.ts';

type Region = 'eu-west' | 'us-east';

/** The SQLSTATE of a commit without the right to write. */
export const refused = '25006';

export const orderSql = (id: number) =>
  `insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency) values (${id}, 't1', 1, 'placed', 1, 'EUR')`;

export interface FailoverWorld {
  bed: TestBed;
  regions: TestRegions;
  ctx(database?: Database): CommandContext;
  /** What the worker's loops and its jobs for streams do all the time, until `stop`. */
  watch(): { stop(): Promise<void> };
  look(): Promise<void>;
  /** An order of t1's service: `accepted`, or the SQLSTATE of the refusal. */
  write(region: Region): Promise<string>;
  /**
   * The same in both, home first, once either accepts one: leases are renewed as the worker does all the time, so that a
   * machine that was slow since the last renewal is not taken for a region that lost its right.
   */
  writes(): Promise<[string, string]>;
  /** One that is accepted, in the same way. */
  accepted(region: Region): Promise<void>;
  /** The id of the newest of these orders. */
  newest(): number;
  begin(from: Region, to: Region, ctx?: CommandContext): Promise<string>;
  switched(from: Region, to: Region): Promise<FailoverRun>;
  streaming(): Promise<unknown>;
  follows(from: Region, to: Region): Promise<unknown>;
  stateOf(stream: string): Promise<string | undefined>;
  /** The console has lost sight of it, as far as it noted. */
  unseen(region: Region): Promise<void>;
  /** Nor does it reach it; its services and its neighbours do. */
  unreached<T>(region: Region, use: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** For a whole file of tests; `leases: false` leaves it to the tests to give the first one. */
export function failoverWorld({ leases = true } = {}) {
  let made: FailoverWorld | undefined;
  beforeAll(async () => {
    made = await startFailoverWorld();
    if (leases) await keepLeases(made.ctx());
  }, 240_000);
  afterAll(() => made?.stop());
  const world = new Proxy({} as FailoverWorld, { get: (_, key) => made && Reflect.get(made, key) });
  const at = (name: Region) => (): TestRegion => world.regions.region(name);
  return { world, eu: at('eu-west'), us: at('us-east') };
}

/** Two real servers with one stream, the right to write at the first one, in real time. */
async function startFailoverWorld(): Promise<FailoverWorld> {
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
  const streaming = () =>
    until('streaming', async () => {
      const seen = await lookAtStreams(ctx());
      return seen.length > 0 && seen.every(s => s.look.health === 'streaming');
    });
  await streaming();
  await assignWrites(ctx());
  let serial = 100_000;
  const begin: FailoverWorld['begin'] = async (from, to, by = ctx()) => {
    const made = await executeFailover(
      by,
      executeInput.parse({ from, to, reason: 'test', despiteNotReady: true }),
    );
    if (!('steps' in made)) throw new Error('It waits for people.');
    return made.id;
  };
  const unseen = async (region: Region) => {
    await bed.rows(
      `insert into failover_observation (observer, region, up, at, since, said) values ('console', $1, false, now(), now() - interval '10 s', 'x')
       on conflict (observer, region) do update set up = false, at = now(), since = now() - interval '10 s'`,
      [region],
    );
  };
  const write: FailoverWorld['write'] = region => {
    serial += 1;
    return regions
      .region(region)
      .asService('t1', orderSql(serial))
      .then(
        () => 'accepted',
        error => error.code ?? 'silent',
      );
  };
  const writes: FailoverWorld['writes'] = async () => {
    let said: [string, string] = ['', ''];
    await until(
      'a write to be accepted',
      async () => {
        await keepLeases(ctx());
        said = [await write('eu-west'), await write('us-east')];
        return said.includes('accepted');
      },
      async () => said,
    );
    return said;
  };
  return {
    bed,
    regions,
    ctx,
    unseen,
    write,
    writes,
    accepted: async region => {
      await until(`${region} to accept a write`, async () => {
        await keepLeases(ctx());
        return (await write(region)) === 'accepted';
      });
    },
    look: async () => void (await lookAtStreams(ctx())),
    newest: () => serial,
    begin,
    switched: async (from, to) => {
      const id = await begin(from, to);
      await runFailover(ctx(), id);
      await keepLeases(ctx()); // as the worker goes on doing: the lease that the run gave is soon over
      return readRun({ ...ctx(), db: ctx().ownWrites() }, id);
    },
    streaming,
    follows: (from, to) =>
      until(`${to} to follow`, async () => {
        await keepLeases(ctx());
        await lookAtStreams(ctx());
        const { matrix } = await readFailover(ctx());
        return matrix.some(m => m.from === from && m.to === to && m.lagSeconds !== null);
      }),
    stateOf: async stream =>
      (await bed.rows<{ state: string }>('select state from replication_stream where id = $1', [stream]))[0]
        ?.state,
    unreached: async (region, use) => {
      const servers = regionServers();
      const nowhere = await freePort();
      await unseen(region);
      bindRegionServers(
        servers.map(s => (s.region === region ? { ...s, dsn: s.dsn.replace(/:\d+\//, `:${nowhere}/`) } : s)),
      );
      try {
        return await use();
      } finally {
        bindRegionServers(servers);
      }
    },
    watch: () => {
      // What an error stopped is started again by a job.
      const carry = async () => {
        const open = await bed.rows<{ id: string }>(
          "select id from replication_stream where pending <> '[]'",
        );
        for (const { id } of open) await carryOut(ctx(), id);
      };
      const steps = [keepLeases, askObservers, lookAtGuards, lookAtStreams, carry];
      const stops = steps.map(step => repeat(() => step(ctx())));
      return { stop: async () => void (await Promise.all(stops.map(stop => stop()))) };
    },
    stop: async () => {
      await regions.stop();
      await bed.close();
    },
  };
}

function repeat(step: () => Promise<unknown>): () => Promise<void> {
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      await step().catch(() => {});
      await new Promise(resolve => setTimeout(resolve, 500));
    }
  })();
  return async () => {
    stopped = true;
    await running;
  };
}
