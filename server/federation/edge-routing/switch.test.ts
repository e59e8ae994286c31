import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { regionServer } from '#kernel/regions/servers.ts';
import { person } from '#scripts/testing/database.ts';
import { type FailoverWorld, startFailoverWorld } from '#scripts/testing/failover.ts';
import { createCaller } from '#server/root.ts';
import { lookAtStreams } from '../replication/service.ts';
import { executeInput } from './schema.ts';
import {
  executeFailover,
  keepLeases,
  planFailover,
  putStreamsBack,
  readFailover,
  runFailover,
} from './service.ts';

let world: FailoverWorld;
beforeAll(async () => {
  world = await startFailoverWorld();
  await keepLeases(world.ctx());
}, 60_000);
afterAll(() => world?.stop());

const eu = () => world.regions.region('eu-west');
const us = () => world.regions.region('us-east');
const api = () => createCaller(world.bed.as(person('operator'))).edgeRouting;
const refused = '25006';
let serial = 100_000;
const order = (id: number) =>
  `insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency) values (${id}, 't1', 1, 'placed', 1, 'EUR')`;
const write = (at: typeof eu): Promise<string> =>
  at()
    .asService('t1', order(++serial))
    .then(
      () => 'accepted',
      error => error.code ?? 'silent',
    );
const begin = async (from: string, to: string) => {
  const made = await executeFailover(
    world.ctx(),
    executeInput.parse({ from, to, reason: 'test', despiteNotReady: true }),
  );
  if (!('steps' in made)) throw new Error('It waits for people.');
  return made.id;
};
const switched = async (from = 'eu-west', to = 'us-east') => {
  const id = await begin(from, to);
  await runFailover(world.ctx(), id);
  return api().get({ id });
};
async function until(what: string, is: () => Promise<boolean>) {
  for (let i = 0; i < 200; i += 1) {
    if (await is()) return;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`It never came to this: ${what}`);
}
const streaming = () =>
  until('streaming', async () => {
    const seen = await lookAtStreams(world.ctx());
    return seen.length > 0 && seen.every(s => s.look.health === 'streaming');
  });
const follows = (from: string, to: string) =>
  until(`${to} to follow`, async () => {
    await keepLeases(world.ctx());
    await lookAtStreams(world.ctx());
    const { matrix } = await readFailover(world.ctx());
    return matrix.some(m => m.from === from && m.to === to && m.lagSeconds !== null);
  });
/** A connection of its own to a region, as somebody's psql would have. */
async function session(region: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: regionServer(region)?.dsn });
  client.on('error', () => {});
  await client.connect();
  return client;
}

describe('a switch while the primary answers', () => {
  it('is given up while a table is still being copied: the primary keeps the right to write', async () => {
    for (const at of [eu(), us()])
      await at.query(`create table app.note (id bigint, tenant_id text not null, primary key (id, tenant_id));
        grant select on app.note to atom_replication; grant select, insert, update, delete, truncate on app.note to atom_apply;
        select atom_region.guard('app.note')`);
    await eu().query(`begin; set local session_replication_role = replica;
      insert into app.note select n, 't1' from generate_series(1, 50) n; commit`);
    const holding = await session('us-east');
    try {
      await holding.query('begin; lock table app.note in exclusive mode');
      await eu().query('alter publication atom_eu_us add table app.note');
      await us().query('alter subscription atom_eu_us refresh publication');
      const run = await switched();
      expect(run).toMatchObject({ state: 'failed', rpoBytes: null });
      expect(run.message).toContain('eu-us: still being copied: app.note');
      expect(run.steps.find(s => s.name === 'drain')?.state).toBe('failed');
      expect(run.steps.find(s => s.name === 'promote')?.state).toBe('waiting');
      expect([await write(eu), await write(us)]).toEqual(['accepted', refused]);
    } finally {
      await holding.end();
    }
    await streaming();
    expect(await us().query('select count(*)::int as n from app.note')).toEqual([{ n: 50 }]);
  }, 60_000);

  it('is given up where the mirror does not come, and the rows that it lacks are not lost', async () => {
    await us().query('alter subscription atom_eu_us disable');
    expect(await write(eu)).toBe('accepted');
    const run = await switched();
    expect(run).toMatchObject({ state: 'failed' });
    expect(run.message).toContain('its subscription is off');
    expect([await write(eu), await write(us)]).toEqual(['accepted', refused]);
    await us().query('alter subscription atom_eu_us enable');
    await streaming();
  }, 60_000);

  it('is given up where it does not answer any more: what would be lost was not agreed to', async () => {
    expect((await planFailover(world.ctx(), 'eu-west', 'us-east')).answers).toBe(true);
    const id = await begin('eu-west', 'us-east');
    eu().freeze();
    try {
      await runFailover(world.ctx(), id);
      expect(await api().get({ id })).toMatchObject({
        state: 'failed',
        message: expect.stringContaining('does not answer any more'),
      });
      expect(await write(us)).toBe(refused);
    } finally {
      eu().thaw();
    }
    await keepLeases(world.ctx());
    expect(await write(eu)).toBe('accepted');
  }, 60_000);

  it('ended between a step that failed and the end of the run, it is not carried on past that step', async () => {
    await us().query('alter subscription atom_eu_us disable');
    const id = await begin('eu-west', 'us-east');
    const ctx = world.ctx();
    const killed = {
      ...ctx,
      commit: () => Promise.reject(new Error('killed')),
    } as typeof ctx;
    await expect(runFailover(killed, id)).rejects.toThrow('killed');
    await runFailover(world.ctx(), id);
    expect((await api().get({ id })).state).toBe('failed');
    expect([await write(eu), await write(us)]).toEqual(['accepted', refused]);
    await us().query('alter subscription atom_eu_us enable');
    await streaming();
  }, 60_000);

  it('goes through once nothing is under way any more, and everything is there', async () => {
    const rows = 'select count(*)::int as n from app.orders';
    expect(await write(eu)).toBe('accepted');
    const before = await eu().query(rows);
    const run = await switched();
    expect(run).toMatchObject({ state: 'done', rpoBytes: 0, rpoSeconds: 0 });
    expect(await us().query(rows)).toEqual(before);
    expect([await write(eu), await write(us)]).toEqual([refused, 'accepted']);
  }, 60_000);
});

describe('a failover that fails after its streams were cut', () => {
  const slots = () => eu().query("select slot_name from pg_replication_slots where slot_name like 'atom%'");

  /** No key is left there: the step after the cut is refused by the server. */
  const exhaust = async (at: typeof eu) => {
    const [row] = await at().query<{ v: string }>('select last_value::text as v from app.orders_id_seq');
    await at().query(`alter sequence app.orders_id_seq maxvalue ${row?.v}`);
  };

  it('puts them back and gives up what it kept for the way back; a second order works', async () => {
    await follows('us-east', 'eu-west');
    await exhaust(eu);
    const run = await switched('us-east', 'eu-west');
    expect(run.steps.find(s => s.name === 'detach')?.state).toBe('done');
    expect(run.steps.find(s => s.name === 'sequences')?.state).toBe('failed');
    expect([await write(eu), await write(us)]).toEqual([refused, 'accepted']);
    await streaming();
    expect(await slots()).toEqual([]);
    await eu().query('alter sequence app.orders_id_seq no maxvalue');
    const second = await switched('us-east', 'eu-west');
    expect(second).toMatchObject({ state: 'done', rpoBytes: 0 });
    expect([await write(eu), await write(us)]).toEqual(['accepted', refused]);
  }, 60_000);

  it('finds them later where they could not be put back at once', async () => {
    await follows('eu-west', 'us-east');
    for (let i = 0; i < 3; i += 1) expect(await write(eu)).toBe('accepted');
    await exhaust(us);
    expect((await switched()).state).toBe('failed');
    await us().query('alter sequence app.orders_id_seq no maxvalue');
    // As it lies when the target went away in that moment.
    await us().query('alter subscription atom_eu_us disable');
    await world.bed.rows("update replication_stream set state = 'detached' where id = 'eu-us'");
    await expect(begin('eu-west', 'us-east')).rejects.toThrow('No stream leads');
    await putStreamsBack(world.ctx());
    await streaming();
    expect(await switched()).toMatchObject({ state: 'done', rpoBytes: 0 });
  }, 60_000);
});

describe('an order for a primary that does not answer', () => {
  it('goes on without it, says what may be lost, and says so too where a table was being copied', async () => {
    await follows('us-east', 'eu-west');
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
      const run = await switched('us-east', 'eu-west');
      expect(run).toMatchObject({ state: 'done', rpoBytes: null });
      expect(run.steps.find(s => s.name === 'drain')?.said).toBe(
        'what had not arrived is not known, since it was still being copied: app.orders',
      );
      expect(await write(eu)).toBe('accepted');
    } finally {
      us().thaw();
      await watch.stop();
    }
    expect(await write(us)).toBe(refused);
  }, 90_000);
});
