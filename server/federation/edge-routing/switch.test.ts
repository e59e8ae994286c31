import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { regionServer } from '#kernel/regions/servers.ts';
import { person } from '#scripts/testing/database.ts';
import { failoverWorld, refused } from '#scripts/testing/failover.ts';
import type { TestRegion } from '#scripts/testing/region-servers.ts';
import { until } from '#scripts/testing/until.ts';
import { createCaller } from '#server/root.ts';
import { streamInput } from '../replication/schema.ts';
import { carryOut, createStream } from '../replication/service.ts';
import { keepLeases, planFailover, putStreamsBack, readFailover, runFailover } from './service.ts';

const { world, eu, us } = failoverWorld();
const api = () => createCaller(world.bed.as(person('operator'))).edgeRouting;
/** In eu-west, then in us-east. */
const writes = () => world.writes();
const streaming = () => world.streaming();
const bare = (at: TestRegion, table: string) =>
  at.query(`create table ${table} (id bigint, tenant_id text not null, primary key (id, tenant_id));
    alter table ${table} enable row level security; alter table ${table} force row level security;
    create policy own on ${table} using (tenant_id = current_setting('app.tenant', true));
    grant select on ${table} to atom_replication; grant select, insert, update, delete, truncate on ${table} to atom_apply;
    select atom_region.guard('${table}')`);
/** A connection of its own to a region, as somebody's psql would have. */
async function session(region: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: regionServer(region)?.dsn });
  client.on('error', () => {});
  await client.connect();
  return client;
}

describe('a switch while the primary answers', () => {
  it('is given up while a table is still being copied: the primary keeps the right to write', async () => {
    for (const at of [eu(), us()]) await bare(at, 'app.note');
    await eu().query(`begin; set local session_replication_role = replica;
      insert into app.note select n, 't1' from generate_series(1, 50) n; commit`);
    const holding = await session('us-east');
    try {
      await holding.query('begin; lock table app.note in exclusive mode');
      await eu().query('alter publication atom_eu_us add table app.note');
      await us().query('alter subscription atom_eu_us refresh publication');
      const run = await world.switched('eu-west', 'us-east');
      expect(run).toMatchObject({ state: 'failed', rpoBytes: null });
      expect(run.message).toContain('eu-us: still being copied: app.note');
      expect(run.steps.find(s => s.name === 'drain')?.state).toBe('failed');
      expect(run.steps.find(s => s.name === 'promote')?.state).toBe('waiting');
      expect(await writes()).toEqual(['accepted', refused]);
    } finally {
      await holding.end();
    }
    await streaming();
    expect(await us().query('select count(*)::int as n from app.note')).toEqual([{ n: 50 }]);
  }, 300_000);

  it('is given up where the mirror does not come, and the rows that it lacks are not lost', async () => {
    await us().query('alter subscription atom_eu_us disable');
    await world.accepted('eu-west');
    const run = await world.switched('eu-west', 'us-east');
    expect(run).toMatchObject({ state: 'failed' });
    expect(run.message).toContain('its subscription is off');
    expect(await writes()).toEqual(['accepted', refused]);
    await us().query('alter subscription atom_eu_us enable');
    await streaming();
  }, 300_000);

  it('is given up where it does not answer any more: what would be lost was not agreed to', async () => {
    expect((await planFailover(world.ctx(), 'eu-west', 'us-east')).answers).toBe(true);
    const id = await world.begin('eu-west', 'us-east');
    eu().freeze();
    try {
      await runFailover(world.ctx(), id);
      expect(await api().get({ id })).toMatchObject({
        state: 'failed',
        message: expect.stringContaining('does not answer any more'),
      });
      expect(await world.write('us-east')).toBe(refused);
    } finally {
      eu().thaw();
    }
    await world.accepted('eu-west');
  }, 300_000);

  it('ended between a step that failed and the end of the run, it is not carried on past that step', async () => {
    await us().query('alter subscription atom_eu_us disable');
    const id = await world.begin('eu-west', 'us-east');
    const ctx = world.ctx();
    const killed = {
      ...ctx,
      commit: () => Promise.reject(new Error('killed')),
    } as typeof ctx;
    await expect(runFailover(killed, id)).rejects.toThrow('killed');
    await runFailover(world.ctx(), id);
    expect((await api().get({ id })).state).toBe('failed');
    expect(await writes()).toEqual(['accepted', refused]);
    await us().query('alter subscription atom_eu_us enable');
    await streaming();
  }, 300_000);

  it('goes through once nothing is under way any more, and everything is there', async () => {
    const rows = 'select count(*)::int as n from app.orders';
    await world.accepted('eu-west');
    const before = await eu().query(rows);
    const run = await world.switched('eu-west', 'us-east');
    expect(run).toMatchObject({ state: 'done', rpoBytes: 0, rpoSeconds: 0 });
    expect(await us().query(rows)).toEqual(before);
    expect(await writes()).toEqual([refused, 'accepted']);
  }, 300_000);
});

describe('a failover that fails after its streams were cut', () => {
  const slots = () => eu().query("select slot_name from pg_replication_slots where slot_name like 'atom%'");

  /** No key is left there: the step after the cut is refused by the server. */
  const exhaust = async (at: typeof eu) => {
    const [row] = await at().query<{ v: string }>('select last_value::text as v from app.orders_id_seq');
    await at().query(`alter sequence app.orders_id_seq maxvalue ${row?.v}`);
  };

  /** As it lies when the target went away in that moment. */
  const leftCut = async () => {
    await us().query('alter subscription atom_eu_us disable');
    await world.bed.rows(
      `update replication_stream set state = 'detached', cut = '{"state":"active","message":null,"pending":[]}' where id = 'eu-us'`,
    );
    const { matrix } = await readFailover(world.ctx());
    expect(matrix.map(m => `${m.from} ${m.to}`)).toContain('eu-west us-east');
  };

  it('puts them back and gives up what it kept for the way back; a second order works', async () => {
    await world.follows('us-east', 'eu-west');
    await exhaust(eu);
    const run = await world.switched('us-east', 'eu-west');
    expect(run.steps.find(s => s.name === 'detach')?.state).toBe('done');
    expect(run.steps.find(s => s.name === 'sequences')?.state).toBe('failed');
    expect(await writes()).toEqual([refused, 'accepted']);
    await streaming();
    expect(await slots()).toEqual([]);
    await eu().query('alter sequence app.orders_id_seq no maxvalue');
    const second = await world.switched('us-east', 'eu-west');
    expect(second).toMatchObject({ state: 'done', rpoBytes: 0 });
    expect(await writes()).toEqual(['accepted', refused]);
  }, 300_000);

  it('finds them later where they could not be put back at once', async () => {
    await world.follows('eu-west', 'us-east');
    for (let i = 0; i < 3; i += 1) await world.accepted('eu-west');
    await exhaust(us);
    expect((await world.switched('eu-west', 'us-east')).state).toBe('failed');
    await us().query('alter sequence app.orders_id_seq no maxvalue');
    await leftCut();
    await putStreamsBack(world.ctx());
    await streaming();
    // Nor is it lost where the next order comes first: it goes on before it is emptied.
    await leftCut();
    await world.accepted('eu-west');
    expect(await world.switched('eu-west', 'us-east')).toMatchObject({ state: 'done', rpoBytes: 0 });
    const newest = `select 1 as there from app.orders where id = ${world.newest()}`;
    expect(await us().query(newest)).toEqual([{ there: 1 }]);
  }, 300_000);
});

describe('an order for a primary that does not answer', () => {
  it('goes on without it, says what may be lost, and says so too where a table was being copied', async () => {
    await world.follows('us-east', 'eu-west');
    const watch = world.watch();
    us().freeze();
    try {
      await until('it to be seen', async () => {
        const { regions } = await readFailover(world.ctx());
        return regions.find(r => r.region === 'us-east')?.down === true;
      });
      const plan = await planFailover(world.ctx(), 'us-east', 'eu-west');
      expect(plan.answers).toBe(false);
      expect(plan.predicted.basis).toContain('does not answer');
      // As where a copy was cut off in the middle.
      await eu().query(
        "update pg_subscription_rel set srsubstate = 'd' where srrelid = 'app.orders'::regclass",
      );
      const run = await world.switched('us-east', 'eu-west');
      expect(run).toMatchObject({ state: 'done', rpoBytes: null });
      expect(run.steps.find(s => s.name === 'drain')?.said).toBe(
        'what had not arrived is not known, since it was still being copied: app.orders',
      );
      await world.accepted('eu-west');
    } finally {
      us().thaw();
      await watch.stop();
    }
    expect(await world.write('us-east')).toBe(refused);
  }, 300_000);
});

describe('a failover that fails after the cut, while the primary is silent', () => {
  const silent = async (use: () => Promise<void>) => {
    eu().freeze();
    const watch = world.watch();
    try {
      await until('it to be seen', async () => {
        const { regions } = await readFailover(world.ctx());
        return regions.find(r => r.region === 'eu-west')?.down === true;
      });
      await use();
    } finally {
      eu().thaw();
      await watch.stop();
    }
  };

  it('puts its streams back without it, and the next order carries all of them, cut or not', async () => {
    await world.follows('eu-west', 'us-east');
    for (const at of [eu(), us()]) await bare(at, 'app.memo');
    const memo = { id: 'eu-us-memo', publisher: 'eu-west', subscriber: 'us-east', tenants: ['t1'] };
    await createStream(world.ctx(), streamInput.parse({ ...memo, tables: [{ table: 'app.memo' }] }));
    await carryOut(world.ctx(), 'eu-us-memo');
    await streaming();
    const [row] = await us().query<{ v: string }>('select last_value::text as v from app.orders_id_seq');
    await us().query(`alter sequence app.orders_id_seq maxvalue ${Math.max(2, Number(row?.v))}`);
    await silent(async () => {
      const first = await world.switched('eu-west', 'us-east');
      expect(first.steps.find(s => s.name === 'detach')?.state).toBe('done');
      expect(first.steps.find(s => s.name === 'sequences')?.state).toBe('failed');
      expect([await world.stateOf('eu-us'), await world.stateOf('eu-us-memo')]).toEqual(['active', 'active']);
      expect(await us().query("select 1 from pg_replication_slots where slot_name like 'atom%'")).toEqual([]);
      await us().query('alter sequence app.orders_id_seq no maxvalue');
      // As where the mirror too was away when it was to be put back.
      await us().query('alter subscription atom_eu_us disable');
      await world.bed.rows(
        `update replication_stream set state = 'detached', cut = '{"state":"active","message":null,"pending":[]}' where id = 'eu-us'`,
      );
      const second = await world.switched('eu-west', 'us-east');
      expect(second).toMatchObject({ state: 'done' });
      expect(second.steps.find(s => s.name === 'detach')?.said).toContain('cut eu-us, eu-us-memo;');
      await world.accepted('us-east');
      await us().query(
        "begin; set local session_replication_role = replica; insert into app.memo values (1, 't1'); commit",
      );
    });
    await until('the old primary to follow', async () => {
      await keepLeases(world.ctx());
      const states = [await world.stateOf('eu-us-back'), await world.stateOf('eu-us-memo-back')];
      return states.every(state => state === 'active');
    });
    await until('its rows to arrive', async () => {
      const found = await eu().query(
        `select 1 from app.orders where id = ${world.newest()} union all select 1 from app.memo`,
      );
      return found.length === 2;
    });
  }, 300_000);
});
