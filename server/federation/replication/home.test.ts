import { expect, it } from 'vitest';
import { failoverWorld } from '#scripts/testing/failover.ts';
import { until } from '#scripts/testing/until.ts';
import { keepLeases, planFailover } from '../edge-routing/service.ts';

const { world, eu, us } = failoverWorld();
type Region = 'eu-west' | 'us-east';
const failOver = async (from: Region, to: Region) => {
  expect(await world.switched(from, to)).toMatchObject({ state: 'done' });
  await keepLeases(world.ctx());
};
const keyAt = async (at: typeof eu) =>
  (await at().query<{ n: number }>('select count(*)::int as n from atom_region.shadow_key'))[0]?.n;
const customer = async (at: typeof eu, id: number) =>
  (
    await at().query<{ email: string | null; phone: string | null; email_key: string; right: boolean }>(
      `select email, phone, email_key, email_key is not distinct from atom_region.keyed_hash(email) as right
       from app.customer where id = $1`,
      [id],
    )
  )[0];

it('the key of keyed hashes lies where values are entered, and moves with the right to write', async () => {
  expect([await keyAt(eu), await keyAt(us)]).toEqual([1, 0]);
  const [guess] = await us().query<{ hash: string | null }>(
    "select atom_region.keyed_hash('customer-1@t1.example') as hash",
  );
  expect(guess?.hash).toBeNull();
  expect((await customer(us, 1))?.email_key).toMatch(/^[0-9a-f]{64}$/);
  await failOver('eu-west', 'us-east');
  expect([await keyAt(eu), await keyAt(us)]).toEqual([0, 1]);
});

it('what was entered away from home goes home with the failback, and leaves nothing behind', async () => {
  await us().asService('t1', "update app.customer set email = 'new@t1.example' where id = 1");
  await us().asService('t1', "update app.customer set phone = '+000 555 77' where id = 2");
  await us().asService(
    't1',
    "insert into app.customer (id, tenant_id, name, email, country, segment) values (70001, 't1', 'Entered away', 'away@t1.example', 'IE', 'retail')",
  );
  const plan = await planFailover(world.ctx(), 'us-east', 'eu-west');
  expect(plan.withheld).toEqual([]);
  expect(plan.homewards).toEqual([
    { table: 'app.customer', column: 'name', rows: 1 },
    { table: 'app.customer', column: 'email', rows: 2 },
    { table: 'app.customer', column: 'phone', rows: 1 },
  ]);
  await failOver('us-east', 'eu-west');
  expect(await customer(eu, 1)).toMatchObject({
    email: 'new@t1.example',
    phone: '+000 555 10001',
    right: true,
  });
  // What was not entered anew is as it was, and its hash is its own again.
  expect(await customer(eu, 2)).toMatchObject({
    email: 'customer-2@t1.example',
    phone: '+000 555 77',
    right: true,
  });
  expect(await customer(eu, 70_001)).toMatchObject({ email: 'away@t1.example', right: true });
  expect(
    await us().query('select 1 from app.customer where coalesce(name, email, phone) is not null'),
  ).toEqual([]);
  expect([await keyAt(eu), await keyAt(us)]).toEqual([1, 0]);
  expect(
    await world.bed.rows("select 1 from ledger_entry where type = 'replication.brought_home'"),
  ).toHaveLength(1);
});

it('what could not be brought home, since nobody reached the region, stays there when it follows', async () => {
  await failOver('eu-west', 'us-east');
  await us().asService('t1', "update app.customer set email = 'late@t1.example' where id = 4");
  const same = (await customer(eu, 5))?.phone;
  await us().asService('t1', `update app.customer set phone = '${same}' where id = 5`);
  await world.unreached('us-east', () => failOver('us-east', 'eu-west'));
  expect((await customer(eu, 4))?.email).toBe('customer-4@t1.example');
  await until('us-east to follow', async () => {
    await keepLeases(world.ctx());
    return (await world.stateOf('eu-us')) === 'active';
  });
  expect(await customer(us, 4)).toMatchObject({ email: 'late@t1.example', phone: null });
  // What home holds is taken from the mirror all the same.
  expect(same).toMatch(/555/);
  expect((await customer(us, 5))?.phone).toBeNull();
}, 300_000);

it('of a tenant whose home went along nothing is brought back', async () => {
  await failOver('eu-west', 'us-east');
  await us().asService('t1', "update app.customer set email = 'stays@t1.example' where id = 3");
  await world.bed.rows("update tenant set home_region = 'us-east' where id = 't1'");
  expect((await planFailover(world.ctx(), 'us-east', 'eu-west')).homewards).toEqual([]);
  await failOver('us-east', 'eu-west');
  expect(await customer(us, 3)).toMatchObject({ email: 'stays@t1.example' });
  expect((await customer(eu, 3))?.email).toBe('customer-3@t1.example');
});
