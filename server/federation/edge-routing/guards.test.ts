import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import type { Database } from '#kernel/db/database.ts';
import { regionServer } from '#kernel/regions/servers.ts';
import { failoverWorld, orderSql, refused } from '#scripts/testing/failover.ts';
import { until } from '#scripts/testing/until.ts';
import { keepLeases, lookAtGuards, planFailover, readReadiness, runFailover } from './service.ts';
import { findRun } from './store.ts';

const { world, eu, us } = failoverWorld();
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
const lease = async (at: typeof eu, is: string) => {
  const [row] = await at().query<{ is: boolean }>(`select ${is} as is from atom_region.write_lease`);
  return row?.is === true;
};
const held = 'clock_timestamp() < expires_at';
const connected = async (at: typeof eu, pids: number[]) =>
  (await at().query('select 1 from pg_stat_activity where pid = any ($1)', [pids])).length > 0;
const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query('select pg_backend_pid() as pid')).rows[0].pid;

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
    // Anew where the machine took longer than the lease.
    await until('a commit within its lease', async () => {
      await keepLeases(world.ctx());
      const session = await early('eu-west');
      await session.query(orderSql(200_001));
      return (await said(session.query('commit'))) === 'accepted';
    });
    expect(await there(eu, 200_001)).toBe(true);
  });

  it('is ended by its own server once that lease has lapsed, idle or busy, also where nobody reaches it', async () => {
    await keepLeases(world.ctx());
    const [idle, busy] = [await early('eu-west'), await early('eu-west')];
    await idle.query(orderSql(200_002));
    await busy.query(orderSql(200_003));
    const pids = [await pidOf(idle), await pidOf(busy)];
    const sleeping = said(busy.query('select pg_sleep(120)'));
    await until('the lease to lapse', async () => !(await lease(eu, held)));
    await until('both to be ended', async () => !(await connected(eu, pids)));
    expect(await said(idle.query('commit'))).not.toBe('accepted');
    expect(await sleeping).not.toBe('accepted');
    expect([await there(eu, 200_002), await there(eu, 200_003)]).toEqual([false, false]);
  }, 300_000);

  it('keeps a stricter limit of its own', async () => {
    await keepLeases(world.ctx());
    const session = await early('eu-west');
    await session.query("set local transaction_timeout = '300ms'");
    await said(session.query(orderSql(200_004))); // over by then already where the machine is slow
    expect(await said(session.query('select pg_sleep(2)'))).not.toBe('accepted');
  });
});

describe('the moment from which a lease lapses', () => {
  it('is counted after the order was committed, however long that took: no lease given meanwhile outlives it', async () => {
    await keepLeases(world.ctx());
    let slowed = false;
    // The commit of the order takes its time, and until it is there leases are renewed.
    const slow: Database = {
      ...world.bed.database,
      write: (scope, use) =>
        world.bed.database.write(scope, async tx => {
          const result = await use(tx);
          if (!slowed) {
            slowed = true;
            const mostly = "expires_at - clock_timestamp() < interval '2 s'";
            await until('most of the lease to be over', () => lease(eu, mostly));
            await keepLeases(world.ctx());
          }
          return result;
        }),
    };
    await world.unseen('eu-west');
    expect((await planFailover(world.ctx(), 'eu-west', 'us-east')).answers).toBe(false);
    const id = await world.begin('eu-west', 'us-east', world.ctx(slow));
    const client = new pg.Client({ connectionString: regionServer('eu-west')?.dsn });
    open.push(client);
    await client.connect();
    // At every moment at which the other one may write, this one may not any more.
    const watched: boolean[] = [];
    let over = false;
    const watching = (async () => {
      while (!over) {
        const there = await lease(us, held);
        const { rows } = await client.query(`select ${held} as is from atom_region.write_lease`);
        if (there) watched.push(rows[0]?.is);
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    })();
    try {
      await world.unreached('eu-west', () => runFailover(world.ctx(), id));
    } finally {
      over = true;
      await watching;
    }
    expect((await findRun(world.ctx().ownWrites(), id))?.state).toBe('done');
    expect(watched.length).toBeGreaterThan(0);
    expect(watched).not.toContain(true);
  }, 300_000);
});

describe('a busy session that keeps its server from ending it', () => {
  it('is ended by the fence once the lease has lapsed; the switch still loses nothing', async () => {
    await world.follows('us-east', 'eu-west');
    await keepLeases(world.ctx());
    const session = await early('us-east');
    await session.query(orderSql(200_005));
    await session.query('set local transaction_timeout = 0');
    const sleeping = said(session.query('select pg_sleep(60)'));
    const run = await world.switched('us-east', 'eu-west');
    expect(run.steps[0]?.said).toBe('its lease has lapsed, and its fence is closed');
    expect(run).toMatchObject({ state: 'done', rpoBytes: 0 });
    expect(await sleeping).toBe('57P01');
    expect(await there(us, 200_005)).toBe(false);
  }, 300_000);
});
