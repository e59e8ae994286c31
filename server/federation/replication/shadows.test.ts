import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installRegion } from '#kernel/regions/install.ts';
import { bindRegionServers, regionServer, regionServers } from '#kernel/regions/servers.ts';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { until } from '#scripts/testing/until.ts';
import { admitShadowOwners } from './gateway.real/shadows.ts';
import { realReplication } from './gateway.real.ts';
import { preflightChecks } from './rules/preflight.ts';

let regions: TestRegions;
const clients: pg.Client[] = [];
const columns = ['id', 'tenant_id', 'email_key'];
const stream = (id: string, table: string) => ({
  ...{ id, publisher: 'own', subscriber: 'other', state: 'creating', tenants: ['t1'], raw: false },
  tables: [{ table, columns }],
});
const own = () => regions.region('own');

beforeAll(async () => {
  regions = await startTestRegions({ own: { tenants: ['t1'] }, other: {} });
});
afterAll(async () => {
  await Promise.all(clients.map(client => client.end().catch(() => {})));
  await regions?.stop();
});

async function login(role?: string): Promise<pg.Client> {
  const url = new URL(regionServer('own')?.dsn ?? '');
  if (role) [url.username, url.password] = [role, role];
  const client = new pg.Client({ connectionString: url.toString() });
  clients.push(client);
  await client.connect();
  return client;
}

async function offered(table: string): Promise<string> {
  const facts = await realReplication.facts({ ...stream('x', table), tables: [table] });
  const wanted = {
    publication: 'atom_x',
    tenants: ['t1'],
    raw: false,
    tables: [{ table, columns: ['id', 'tenant_id', 'email'] }],
  };
  const check = preflightChecks(wanted, facts).find(c => c.id === 'publisher.personal');
  return check?.mend ?? expect.fail('nothing is offered');
}

it('what is offered may be made by the owner of a table, who is let into nothing: no write is refused', async () => {
  await own().query(`drop trigger shadow on app.customer; drop schema atom_region cascade;
    create role shop login password 'shop'; grant usage, create on schema app to shop`);
  const shop = await login('shop');
  await shop.query(`create table app.contact (id int, tenant_id text, email text, note text, primary key (id, tenant_id));
    comment on column app.contact.email is 'P1: e-mail'`);
  await shop.query(await offered('app.contact'));
  const add = (id: number) => shop.query(`insert into app.contact values (${id}, 't1', 'a${id}@t1.example')`);
  await add(1);
  await installRegion('own');
  await add(2);
  await shop.query("update app.contact set email = 'b1@t1.example' where id = 1");
  const plan = stream('contact', 'app.contact');
  await realReplication.publish(plan);
  await add(3);
  const keys = () =>
    own().query(
      'select id, email_key is not null and email_key = atom_region.keyed_hash(email) as right from app.contact order by id',
    );
  expect(await keys()).toEqual([
    { id: 1, right: false },
    { id: 2, right: false },
    { id: 3, right: true },
  ]);
  await realReplication.fillShadows(plan);
  expect((await keys()).map(row => row.right)).toEqual([true, true, true]);
  await expect(shop.query('select * from atom_region.shadow_key')).rejects.toThrow(/permission denied/);
  await realReplication.remove(plan);
});

it('whoever makes hashes and cannot be let in by the console is named with what does it, and keeps nothing else from going on', async () => {
  await own().query(`revoke usage on schema atom_region from shop; create role guest login password 'guest';
    grant usage on schema app, atom_region to guest; grant select on app.contact to guest`);
  const owner = await login();
  const servers = regionServers();
  const dsn = new URL(regionServer('own')?.dsn ?? '');
  [dsn.username, dsn.password] = ['guest', 'guest'];
  const check = async () => {
    const wanted = { ...stream('x', 'app.contact'), publication: 'atom_x' };
    const facts = await realReplication.facts({ ...wanted, tables: ['app.contact'] });
    return preflightChecks(wanted, facts).find(c => c.id === 'publisher.key_owners');
  };
  expect(await check()).toBeUndefined();
  bindRegionServers(servers.map(s => (s.region === 'own' ? { ...s, dsn: dsn.toString() } : s)));
  try {
    await admitShadowOwners('own');
    const found = await check();
    expect(found).toMatchObject({ result: 'fail', found: 'the console may not let in shop' });
    await owner.query(found?.mend ?? '');
    expect(await check()).toBeUndefined();
  } finally {
    bindRegionServers(servers);
  }
});

it('a row that somebody changes while hashes are filled has one in the end, wherever it has moved', async () => {
  // One row a page: the first 4,000 of them are looked at in one statement.
  await own().query(`create table app.wide (id int, tenant_id text, email text, email_key text, pad text, primary key (id, tenant_id));
    alter table app.wide alter pad set storage plain;
    comment on column app.wide.email_key is 'shadow: email';
    insert into app.wide select i, case when i = 4050 then 't1' else 't2' end, 'a' || i, null, repeat('x', 7000) from generate_series(1, 4100) i;
    delete from app.wide where id <= 200`);
  await own().query('vacuum app.wide');
  const pages = async (client: pg.Client) =>
    (await client.query("select (ctid::text::point)[0]::int as page from app.wide where tenant_id = 't1'"))
      .rows[0]?.page;
  const plan = stream('wide', 'app.wide');
  await realReplication.publish(plan);
  const other = await login();
  expect(await pages(other)).toBeGreaterThan(4000);
  await other.query("begin; update app.wide set pad = repeat('y', 7000) where tenant_id = 't1'");
  expect(await pages(other)).toBeLessThan(4000);
  const filling = realReplication.fillShadows(plan);
  await until(
    'filling to wait for the row',
    async () =>
      (
        await own().query(
          "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'update app.wide%'",
        )
      ).length > 0,
  );
  await other.query('commit');
  await filling;
  const [row] = await own().query(
    "select email_key = atom_region.keyed_hash(email) as right from app.wide where tenant_id = 't1'",
  );
  expect(row).toEqual({ right: true });
  await realReplication.remove(plan);
});
