import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#kernel/db/database.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { bindRegionServers, regionServer, regionServers } from '#kernel/regions/servers.ts';
import { type FailoverWorld, startFailoverWorld } from '#scripts/testing/failover.ts';
import { lookAtStreams } from '../replication/service.ts';
import { executeInput } from './schema.ts';
import {
  executeFailover,
  keepLeases,
  lookAtGuards,
  planFailover,
  readFailover,
  readReadiness,
  runFailover,
} from './service.ts';
import { findRun } from './store.ts';

let world: FailoverWorld;
beforeAll(async () => {
  world = await startFailoverWorld();
  await keepLeases(world.ctx());
}, 60_000);
afterAll(() => world?.stop());

const eu = () => world.regions.region('eu-west');
const us = () => world.regions.region('us-east');
const refused = '25006';
const order = (id: number) =>
  `insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency) values (${id}, 't1', 1, 'placed', 1, 'EUR')`;
const there = async (at: typeof eu, id: number) =>
  (await at().query('select 1 from app.orders where id = $1', [id])).length === 1;
const said = (call: Promise<unknown>) =>
  call.then(
    () => 'accepted',
    error => error.code ?? 'ended',
  );
const open: pg.Client[] = [];
/** The owner of the tables, by a connection of its own, in a transaction that asks at once. */
async function early(region: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: regionServer(region)?.dsn });
  client.on('error', () => {});
  open.push(client);
  await client.connect();
  await client.query('begin; set constraints all immediate');
  return client;
}
afterAll(() => Promise.all(open.map(client => client.end().catch(() => {}))));
const begin = async (ctx = world.ctx(), from = 'eu-west', to = 'us-east') => {
  const made = await executeFailover(
    ctx,
    executeInput.parse({ from, to, reason: 'test', despiteNotReady: true }),
  );
  if (!('steps' in made)) throw new Error('It waits for people.');
  return made.id;
};
const lapsed = () => new Promise(resolve => setTimeout(resolve, 5_600));

describe('a table that nobody guards', () => {
  const guards = async () => {
    await lookAtGuards(world.ctx());
    const { rows } = await readReadiness(world.ctx(), 'eu-west', 'us-east');
    return rows.filter(r => r.id === 'guard').map(r => [r.result, r.found] as const);
  };
  it('makes a failover not ready, on either side, and is named with what mends it', async () => {
    expect((await guards()).map(([result]) => result)).toEqual(['ready', 'ready']);
    for (const [at, place] of [
      [eu, 0],
      [us, 1],
    ] as const) {
      await at().query('alter table app.orders disable trigger atom_write_lease');
      const [result, found = ''] = (await guards())[place] ?? [];
      expect(result).toBe('not-ready');
      expect(found).toContain('app.orders would be written there after the fence');
      await at().query(found.slice(found.indexOf('SELECT')));
      expect((await guards())[place]?.[0]).toBe('ready');
    }
  });
});

describe('a region with what an older console installed', () => {
  it('gets what a guard means now, and its guarded tables with it', async () => {
    const truncates = () =>
      us().query(
        "select tgrelid::regclass::text as t from pg_trigger where tgname = 'atom_write_lease_truncate' order by 1",
      );
    const before = await truncates();
    expect(before).toContainEqual({ t: 'app.orders' });
    await us().query(
      'drop function atom_region.require_lease_truncate cascade; comment on schema atom_region is null',
    );
    expect(await truncates()).toEqual([]);
    await lookAtGuards(world.ctx());
    expect(await truncates()).toEqual(before);
  });
});

describe('a truncate', () => {
  it('asks the lease too, also of the owner, and at the commit', async () => {
    for (const at of [eu(), us()]) {
      await at.query('create table app.scrap (id int)');
      await at.query("select atom_region.guard('app.scrap')");
    }
    expect(await said(us().query('truncate app.scrap'))).toBe(refused);
    await keepLeases(world.ctx());
    expect(await said(eu().query('truncate app.scrap'))).toBe('accepted');
    const owner = new pg.Client({ connectionString: regionServer('eu-west')?.dsn });
    open.push(owner);
    await owner.connect();
    await owner.query('begin; truncate app.scrap');
    await eu().query('update atom_region.write_lease set expires_at = clock_timestamp()');
    expect(await said(owner.query('commit'))).toBe(refused);
  });
});

describe('a session that has its constraints asked early', () => {
  it('commits while the lease that it was told of holds', async () => {
    await keepLeases(world.ctx());
    const session = await early('eu-west');
    await session.query(order(200_001));
    expect(await said(session.query('commit'))).toBe('accepted');
    expect(await there(eu, 200_001)).toBe(true);
  });

  it('is ended by its own server once that lease has lapsed, idle or busy, also where nobody reaches it', async () => {
    await keepLeases(world.ctx());
    const [idle, busy] = [await early('eu-west'), await early('eu-west')];
    await idle.query(order(200_002));
    await busy.query(order(200_003));
    const sleeping = said(busy.query('select pg_sleep(30)'));
    await lapsed();
    expect(await said(idle.query('commit'))).not.toBe('accepted');
    expect(await sleeping).not.toBe('accepted');
    expect([await there(eu, 200_002), await there(eu, 200_003)]).toEqual([false, false]);
  }, 30_000);

  it('keeps a stricter limit of its own', async () => {
    await keepLeases(world.ctx());
    const session = await early('eu-west');
    await session.query("set local transaction_timeout = '300ms'");
    await session.query(order(200_004));
    expect(await said(session.query('select pg_sleep(2)'))).not.toBe('accepted');
  });
});

describe('the moment from which a lease lapses', () => {
  it('is counted after the order was committed, however long that took: no lease given meanwhile outlives it', async () => {
    await keepLeases(world.ctx());
    let held = false;
    // The commit of the order takes its time, and until it is there leases are renewed.
    const slow: Database = {
      ...world.bed.database,
      write: (scope, use) =>
        world.bed.database.write(scope, async tx => {
          const result = await use(tx);
          if (!held) {
            held = true;
            await new Promise(resolve => setTimeout(resolve, 3_000));
            await keepLeases(world.ctx());
          }
          return result;
        }),
    };
    // The console has lost sight of it; its services have not.
    await world.bed.rows(
      `insert into failover_observation (observer, region, up, at, since, said) values ('console', 'eu-west', false, now(), now() - interval '10 s', 'x')
       on conflict (observer, region) do update set up = false, at = now(), since = now() - interval '10 s'`,
    );
    expect((await planFailover(world.ctx(), 'eu-west', 'us-east')).answers).toBe(false);
    const id = await begin(world.ctx(slow));
    const servers = regionServers();
    const nowhere = await freePort();
    bindRegionServers(
      servers.map(s => (s.region === 'eu-west' ? { ...s, dsn: s.dsn.replace(/:\d+\//, `:${nowhere}/`) } : s)),
    );
    const client = new pg.Client({ connectionString: servers.find(s => s.region === 'eu-west')?.dsn });
    open.push(client);
    await client.connect();
    // At every moment at which the other one may write, this one may not any more.
    const watched: boolean[] = [];
    let over = false;
    const watching = (async () => {
      while (!over) {
        const [lease] = await us().query<{ is: boolean }>(
          'select clock_timestamp() < expires_at as is from atom_region.write_lease',
        );
        const { rows } = await client.query(
          'select clock_timestamp() < expires_at as is from atom_region.write_lease',
        );
        if (lease?.is) watched.push(rows[0]?.is);
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    })();
    try {
      await runFailover(world.ctx(), id);
    } finally {
      over = true;
      await watching;
      bindRegionServers(servers);
    }
    expect((await findRun(world.ctx().ownWrites(), id))?.state).toBe('done');
    expect(watched.length).toBeGreaterThan(0);
    expect(watched).not.toContain(true);
  }, 60_000);
});

describe('a busy session that keeps its server from ending it', () => {
  it('is ended by the fence once the lease has lapsed; the switch still loses nothing', async () => {
    for (let i = 0; ; i += 1) {
      await keepLeases(world.ctx());
      await lookAtStreams(world.ctx());
      const { matrix } = await readFailover(world.ctx());
      if (matrix.some(m => m.from === 'us-east' && m.lagSeconds !== null)) break;
      if (i > 200) throw new Error('eu-west never followed.');
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    await keepLeases(world.ctx());
    const session = await early('us-east');
    await session.query(order(200_005));
    await session.query('set local transaction_timeout = 0');
    const sleeping = said(session.query('select pg_sleep(60)'));
    const id = await begin(world.ctx(), 'us-east', 'eu-west');
    await runFailover(world.ctx(), id);
    const run = await findRun(world.ctx().ownWrites(), id);
    expect(run?.steps[0]?.said).toBe('its lease has lapsed, and its fence is closed');
    expect(run).toMatchObject({ state: 'done', facts: { rpoBytes: 0 } });
    expect(await sleeping).toBe('57P01');
    expect(await there(us, 200_005)).toBe(false);
  }, 60_000);
});
