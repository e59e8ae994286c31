import { afterAll, beforeAll, expect, it } from 'vitest';
import { regionSql } from '#kernel/regions/sql.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { until } from '#scripts/testing/until.ts';
import { createTenantInput } from '../tenants/schema.ts';
import { createTenant } from '../tenants/service.ts';
import { streamInput } from './schema.ts';
import { carryOut, compareTable, createStream, lookAtStreams, requestVerify } from './service.ts';

const size = 1_000_000;
const first = 1_000_000;
let bed: TestBed;
let regions: TestRegions;

/** Written as a copy would: neither the lease nor other triggers are asked for each row. */
const quietly = (region: string, sql: string) =>
  regionSql(region, 300_000).query(`begin; set local session_replication_role = replica; ${sql}; commit`);

const compared = async () => {
  const { runs } = await requestVerify(bed.system, {
    id: 'eu-us',
    tables: ['app.orders'],
    rowsPerSecond: 10_000_000,
    leaks: false,
  });
  const run = await compareTable(bed.system, runs[0]?.id ?? '');
  return { state: run?.state, rows: run?.rows, ranges: run?.ranges };
};

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await registerTestRegion(bed, { name: 'us-east', country: 'US' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  regions = await startTestRegions({ 'eu-west': { tenants: ['t1'] }, 'us-east': {} });
  await quietly(
    'eu-west',
    `delete from app.orders;
     insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency)
     select ${first} + i, 't1', i % 40 + 1, 'placed', i % 25000, 'EUR' from generate_series(1, ${size}) i`,
  );
  const wanted = { id: 'eu-us', publisher: 'eu-west', subscriber: 'us-east', tenants: ['t1'] };
  await createStream(bed.system, streamInput.parse({ ...wanted, tables: [{ table: 'app.orders' }] }));
  await carryOut(bed.system, 'eu-us');
  await until(
    'the copy is whole',
    async () => (await lookAtStreams(bed.system))[0]?.look.health === 'streaming',
  );
}, 300_000);
afterAll(async () => {
  await regions?.stop();
  await bed?.close();
});

it('one changed row among a million is found, and its key named', async () => {
  expect(await compared()).toEqual({ state: 'equal', rows: size, ranges: [] });
  // Each chunk goes along the key only where the servers know how many rows there are.
  for (const region of ['eu-west', 'us-east'])
    expect(
      await regions
        .region(region)
        .query("select 1 from pg_class where relname = 'orders' and reltuples > 900000"),
    ).toHaveLength(1);

  const id = first + 1 + Math.floor(Math.random() * size);
  const change = (by: number) =>
    quietly('us-east', `update app.orders set amount_cents = amount_cents + ${by} where id = ${id}`);
  await change(1);
  const key = `${id}, t1`;
  expect(await compared()).toEqual({
    state: 'differs',
    rows: size,
    ranges: [expect.objectContaining({ from: key, to: key, kind: 'changed' })],
  });

  await change(-1);
  expect(await compared()).toMatchObject({ state: 'equal' });
}, 600_000);
