import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { regionServer } from '#kernel/regions/servers.ts';
import { type FailoverWorld, startFailoverWorld } from '#scripts/testing/failover.ts';
import { executeInput } from './schema.ts';
import { executeFailover, keepLeases, runFailover } from './service.ts';
import { findRun } from './store.ts';

let world: FailoverWorld;
beforeAll(async () => {
  world = await startFailoverWorld();
  await keepLeases(world.ctx());
}, 60_000);
afterAll(() => world?.stop());

let serial = 100_000;
const write = (region: string): Promise<string> =>
  world.regions
    .region(region)
    .asService(
      't1',
      `insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency) values (${++serial}, 't1', 1, 'placed', 1, 'EUR')`,
    )
    .then(
      () => 'accepted',
      error => error.code ?? 'silent',
    );
const pause = () => new Promise(resolve => setTimeout(resolve, 1_000));
const back = () =>
  world.bed.rows<{ state: string }>("select state from replication_stream where id = 'eu-us-back'");

it('an old primary that rejoins slowly never costs the new one its lease', async () => {
  const holding = new pg.Client({ connectionString: regionServer('eu-west')?.dsn });
  holding.on('error', () => {});
  await holding.connect();
  try {
    // Whatever asks there for its subscriptions waits, as on a server that is overloaded; it answers all the same.
    await holding.query('begin; lock table pg_catalog.pg_subscription in access exclusive mode');
    const made = await executeFailover(
      world.ctx(),
      executeInput.parse({ from: 'eu-west', to: 'us-east', reason: 'test', despiteNotReady: true }),
    );
    const id = 'steps' in made ? made.id : '';
    await runFailover(world.ctx(), id);
    const run = await findRun(world.ctx().ownWrites(), id);
    expect(run?.steps.at(-1)?.said).toBe('eu-west follows as soon as it answers');
    await keepLeases(world.ctx());
    const accepted: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      await keepLeases(world.ctx());
      accepted.push(await write('us-east'));
      await pause();
    }
    expect(accepted).toEqual(Array(6).fill('accepted'));
    expect(await back()).toEqual([{ state: 'detached' }]);
  } finally {
    await holding.end();
  }
  for (let i = 0; (await back())[0]?.state !== 'active'; i += 1) {
    if (i > 40) throw new Error('eu-west never followed.');
    await keepLeases(world.ctx());
    await pause();
  }
  expect(await write('eu-west')).toBe('25006');
}, 120_000);

it('nor does one whose server refuses what it is asked', async () => {
  await world.regions
    .region('eu-west')
    .query(
      'alter table atom_region.write_lease rename to write_lease_away; create view atom_region.write_lease as select 1 as one',
    );
  try {
    await keepLeases(world.ctx());
    for (let i = 0; i < 7; i += 1) {
      await keepLeases(world.ctx());
      expect(await write('us-east')).toBe('accepted');
      await pause();
    }
  } finally {
    await world.regions
      .region('eu-west')
      .query(
        'drop view atom_region.write_lease; alter table atom_region.write_lease_away rename to write_lease',
      );
  }
}, 60_000);
