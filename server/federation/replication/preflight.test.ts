import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { realReplication } from './gateway.real.ts';
import { defaultColumns, preflightChecks } from './rules/preflight.ts';
import type { Check } from './schema.ts';

let regions: TestRegions;
const plan = {
  id: 'trap',
  publisher: 'eu-west',
  subscriber: 'us-east',
  state: 'creating',
  tenants: ['t1'],
  raw: false,
};

beforeAll(async () => {
  regions = await startTestRegions({
    'eu-west': { tenants: ['t1'] },
    'us-east': {},
    bare: { tenants: ['t1'] },
    narrow: { settings: { wal_level: 'replica', max_slot_wal_keep_size: '-1', max_replication_slots: '1' } },
  });
});
afterAll(() => regions?.stop());

const eu = () => regions.region('eu-west');
const us = () => regions.region('us-east');

async function checksOf(table: string, columns?: string[], publisher = 'eu-west'): Promise<Check[]> {
  const facts = await realReplication.facts({ ...plan, publisher, tables: [table] });
  const there = facts.publisher.tables[table];
  const tables = [{ table, columns: columns ?? (there ? defaultColumns(there, false) : []) }];
  return preflightChecks({ publication: 'atom_trap', ...plan, tables }, facts);
}
const failing = (checks: Check[]) => checks.filter(c => c.result !== 'pass').map(c => c.id);
const mendOf = (checks: Check[], id: string) =>
  checks.find(c => c.id === id)?.mend ?? expect.fail(`no ${id}`);

it('finds nothing wrong with what is well', async () => {
  expect(failing(await checksOf('app.orders'))).toEqual([]);
});

describe('a trap is named, its mend runs as it stands, and then it is gone', () => {
  const both = 'id bigint, tenant_id text not null, note text';
  const traps: [string, { side: 'publisher' | 'subscriber'; make: string; table: string }][] = [
    [
      'publisher.identity',
      {
        side: 'publisher',
        table: 'app.bare',
        make: `create table app.bare (id bigint not null, tenant_id text not null, note text)`,
      },
    ],
    [
      'publisher.filter',
      {
        side: 'publisher',
        table: 'app.narrow',
        make: `create table app.narrow (id bigint primary key, tenant_id text not null, note text)`,
      },
    ],
    [
      'publisher.identity',
      {
        side: 'publisher',
        table: 'app.whole',
        make: `create table app.whole (id bigint primary key, tenant_id text not null); alter table app.whole replica identity full`,
      },
    ],
    [
      'publisher.select',
      { side: 'publisher', table: 'app.orders', make: 'revoke select on app.orders from atom_replication' },
    ],
    [
      'publisher.copy',
      { side: 'publisher', table: 'app.orders', make: 'alter role atom_replication nobypassrls' },
    ],
    [
      'publisher.login',
      { side: 'publisher', table: 'app.orders', make: 'alter role atom_replication noreplication' },
    ],
    [
      'subscriber.bypass',
      { side: 'subscriber', table: 'app.orders', make: 'alter role atom_apply nobypassrls' },
    ],
    [
      'subscriber.apply_login',
      { side: 'subscriber', table: 'app.orders', make: 'alter role atom_apply nologin' },
    ],
    [
      'subscriber.apply_role',
      { side: 'subscriber', table: 'app.orders', make: 'revoke pg_create_subscription from atom_apply' },
    ],
    [
      'subscriber.apply',
      { side: 'subscriber', table: 'app.orders', make: 'revoke insert on app.orders from atom_apply' },
    ],
    [
      'subscriber.row_security',
      { side: 'subscriber', table: 'app.orders', make: 'alter table app.orders no force row level security' },
    ],
    [
      'subscriber.columns',
      { side: 'subscriber', table: 'app.orders', make: 'alter table app.orders drop column currency' },
    ],
    ...(['publisher', 'subscriber'] as const).flatMap(side =>
      [
        'drop trigger atom_write_lease on app.orders',
        'alter table app.orders disable trigger atom_write_lease',
        'drop trigger atom_write_lease_truncate on app.orders',
      ].map((make): [string, { side: typeof side; make: string; table: string }] => [
        `${side}.guard`,
        { side, make, table: 'app.orders' },
      ]),
    ),
    ['subscriber.table', { side: 'subscriber', table: 'app.extra', make: `select 1` }],
  ];
  it.each(traps)('%s', async (id, { side, make, table }) => {
    if (id === 'subscriber.table')
      await eu().query(`create table if not exists app.extra (${both}, primary key (id, tenant_id))`);
    const server = side === 'publisher' ? eu() : us();
    await server.query(make);
    const checks = await checksOf(table);
    expect(failing(checks)).toContain(id);
    await server.query(mendOf(checks, id));
    expect(failing(await checksOf(table))).not.toContain(id);
  });
});

it('a column list without the filter column or the key is named with what it lacks', async () => {
  const checks = await checksOf('app.orders', ['id', 'status']);
  expect(checks.find(c => c.id === 'publisher.column_list')).toMatchObject({
    result: 'fail',
    found: 'it lacks tenant_id',
    mend: 'ALTER PUBLICATION atom_trap SET TABLE app.orders (tenant_id, id, status);',
  });
  expect(checks.find(c => c.id === 'publisher.personal')?.result).toBe('pass');
});

describe('a personal column in the list', () => {
  const bare = () => regions.region('bare');
  const mended = async (column: string, publisher: string) =>
    mendOf(await checksOf('app.customer', ['id', 'tenant_id', column], publisher), 'publisher.personal');
  const insert = (id: number) =>
    bare().query(
      `begin; set local role region_app; set local app.tenant = 't1';
       insert into app.customer (id, tenant_id, email, phone, delivery, country, segment)
       values (${id}, 't1', 'p${id}@t1.example', 'x', 'street ${id}', 'IE', 'retail'); commit`,
    );
  const keys = (of: string) =>
    bare().query(
      `select id::int, ${of} is not null as filled, ${of} is not distinct from atom_region.keyed_hash(delivery) as right
       from app.customer where id > 9000 order by id`,
    );

  it('is named, and a shadow column is offered instead', async () => {
    const check = (await checksOf('app.customer', ['id', 'tenant_id', 'email'])).find(
      c => c.id === 'publisher.personal',
    );
    expect(check).toMatchObject({ result: 'fail', found: expect.stringContaining('email would leave') });
    expect(check?.mend).toContain('atom_region.keyed_hash(NEW.email::text)');
  });

  it('what is offered runs where no stream ever was, refuses no write, and the first stream fills it', async () => {
    // As a server of one's own is: nothing of this console lies there.
    await bare().query('drop trigger shadow on app.customer; drop schema atom_region cascade');
    await bare().query(
      "alter table app.customer add column delivery text; comment on column app.customer.delivery is 'P1: address'",
    );
    await insert(9001);
    for (let i = 0; i < 2; i += 1) await bare().query(await mended('delivery', 'bare'));
    await insert(9002);
    expect(await bare().query('select delivery_key from app.customer where id > 9000')).toEqual([
      { delivery_key: null },
      { delivery_key: null },
    ]);
    const columns = ['id', 'tenant_id', 'delivery_key'];
    const stream = { ...plan, publisher: 'bare', tables: [{ table: 'app.customer', columns }] };
    await realReplication.publish(stream);
    await insert(9003);
    expect(await keys('delivery_key')).toMatchObject([
      { filled: false },
      { filled: false },
      { filled: true },
    ]);
    for (let i = 0; i < 2; i += 1) await realReplication.fillShadows(stream);
    expect(await keys('delivery_key')).toEqual(
      [9001, 9002, 9003].map(id => ({ id, filled: true, right: true })),
    );
    // What names no shadow column of the stream is left alone.
    expect(await keys('email_key')).toMatchObject([{ filled: false }, {}, {}]);
    await realReplication.remove(stream);
  });
});

it('idle slots that hold the last place are named, and the mend frees one', async () => {
  const used = Array.from({ length: 8 }, (_, i) => `left_over_${i}`);
  for (const slot of used)
    await eu().query('select pg_create_logical_replication_slot($1, $2)', [slot, 'pgoutput']);
  const checks = await checksOf('app.orders');
  expect(checks.find(c => c.id === 'publisher.slots')).toMatchObject({
    result: 'fail',
    found: expect.stringContaining('8 of 8 are used; idle: left_over_0'),
    restart: false,
  });
  await eu().query(mendOf(checks, 'publisher.slots'));
  expect(failing(await checksOf('app.orders'))).not.toContain('publisher.slots');
  for (const slot of used.slice(1)) await eu().query('select pg_drop_replication_slot($1)', [slot]);
});

it('a server that cannot decode its log, or may fill its disk with it, is named', async () => {
  const checks = await checksOf('app.orders', undefined, 'narrow');
  expect(failing(checks)).toEqual(['publisher.wal_level', 'publisher.wal_keep']);
  expect(checks.find(c => c.id === 'publisher.wal_level')).toMatchObject({
    found: 'it is replica',
    mend: "ALTER SYSTEM SET wal_level = 'logical';",
    restart: true,
  });
  for (const id of ['publisher.wal_level', 'publisher.wal_keep'])
    for (const statement of mendOf(checks, id).split('\n')) await regions.region('narrow').query(statement);
});

it('and the traps are real: without the mend Postgres itself refuses', async () => {
  await eu().query('create table app.trap (id bigint primary key, tenant_id text not null, n int)');
  await eu().query("create publication trap for table app.trap where (tenant_id = 't1')");
  await eu().query("insert into app.trap values (1, 't1', 1)");
  await expect(eu().query('update app.trap set n = 2')).rejects.toThrow(/cannot update table/);
  await eu().query(mendOf(await checksOf('app.trap'), 'publisher.filter'));
  await eu().query('update app.trap set n = 2');
});
