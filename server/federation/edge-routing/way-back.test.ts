import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '#kernel/clock/clock.ts';
import { bindRegionServers, regionServers } from '#kernel/regions/servers.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { streamInput } from '../replication/schema.ts';
import { carryOut, createStream, previewStream } from '../replication/service.ts';
import { createTenantInput } from '../tenants/schema.ts';
import { createTenant } from '../tenants/service.ts';
import { readReadiness } from './service.ts';

let bed: TestBed;
let regions: TestRegions;
const ctx = () => systemContext('test', bed.database, systemClock);
const input = (id: string, subscriber: string) =>
  streamInput.parse({
    ...{ id, publisher: 'eu-west', subscriber },
    ...{ tables: [{ table: 'app.customer' }, { table: 'app.orders' }], tenants: ['t1'] },
  });
const backWarnings = async (id: string, subscriber: string) => {
  const { ok, checks } = await previewStream(ctx(), input(id, subscriber));
  const open = checks.filter(c => c.id.startsWith('back.') && c.result !== 'pass');
  return {
    ok,
    open: open.map(({ id, side, result, mend, restart }) => ({ id, side, result, mend, restart })),
  };
};
const wayBack = async (to: string) =>
  (await readReadiness(ctx(), 'eu-west', to)).rows
    .filter(row => row.id === 'way-back')
    .map(({ result, found }) => ({ result, found }));

beforeAll(async () => {
  bed = await testBed();
  regions = await startTestRegions({
    'eu-west': { tenants: ['t1'] },
    // As a replica is whose settings nobody touched.
    'us-east': { settings: { wal_level: 'replica' } },
    'ap-south': {},
  });
  for (const [name, country] of [
    ['eu-west', 'IE'],
    ['us-east', 'US'],
    ['ap-south', 'IN'],
  ] as const)
    await registerTestRegion(bed, { name, country });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
}, 240_000);
afterAll(() => regions?.stop());

it('preflight warns of what the mirror lacks to publish, with what mends it, and keeps no stream from being made', async () => {
  expect(await backWarnings('eu-us', 'us-east')).toEqual({
    ok: true,
    open: [
      {
        ...{ id: 'back.publisher.wal_level', side: 'subscriber', result: 'warn', restart: true },
        mend: "ALTER SYSTEM SET wal_level = 'logical';",
      },
    ],
  });
  expect(await backWarnings('eu-ap', 'ap-south')).toEqual({ ok: true, open: [] });
});

it('a failover to it is not ready, since its own server would refuse the slot that the switch makes', async () => {
  for (const [id, to] of [
    ['eu-us', 'us-east'],
    ['eu-ap', 'ap-south'],
  ] as const) {
    await createStream(ctx(), input(id, to));
    await carryOut(ctx(), id);
  }
  expect(await wayBack('us-east')).toEqual([
    {
      result: 'not-ready',
      found: "eu-us: us-east: it is replica: ALTER SYSTEM SET wal_level = 'logical'; (and a restart)",
    },
  ]);
  await expect(
    regions.region('us-east').query("select pg_create_logical_replication_slot('back', 'pgoutput')"),
  ).rejects.toMatchObject({ code: '55000' });
  expect(await wayBack('ap-south')).toEqual([
    { result: 'ready', found: 'eu-ap: ap-south could publish, and eu-west follow' },
  ]);
});

it('nor to one where the old primary could not follow, or a write at the mirror would be refused', async () => {
  const eu = regions.region('eu-west');
  const ap = regions.region('ap-south');
  await eu.query('alter role atom_apply nobypassrls');
  await ap.query('alter table app.orders replica identity full');
  const [row] = await wayBack('ap-south');
  expect(row?.result).toBe('not-ready');
  expect(row?.found).toContain('eu-west, app.orders: atom_apply has not');
  expect(row?.found).toContain('ap-south, app.orders: the whole row');
  await eu.query('alter role atom_apply bypassrls');
  await ap.query('alter table app.orders replica identity using index orders_id_tenant_id_key');
  expect((await wayBack('ap-south'))[0]?.result).toBe('ready');
});

it('nor where its server has a slot for one of the streams that are cut together only', async () => {
  const ap = regions.region('ap-south');
  const [free] = await ap.query<{ n: number }>(
    "select current_setting('max_replication_slots')::int - count(*)::int as n from pg_replication_slots",
  );
  const fill = `select pg_create_physical_replication_slot('other_' || n) from generate_series(2, ${free?.n}) n`;
  await ap.query(fill);
  expect((await wayBack('ap-south'))[0]?.result).toBe('ready');
  await bed.rows(
    `insert into replication_stream select (jsonb_populate_record(s, '{"id": "eu-ap-2"}')).* from replication_stream s where id = 'eu-ap'`,
  );
  const both = await wayBack('ap-south');
  expect(both.map(row => row.result)).toEqual(['not-ready', 'not-ready']);
  expect(both[0]?.found).toContain('SELECT pg_drop_replication_slot');
  await bed.rows("delete from replication_stream where id = 'eu-ap-2'");
  await ap.query(
    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'other%'",
  );
  expect((await wayBack('ap-south'))[0]?.result).toBe('ready');
});

it('what cannot be asked is not ready', async () => {
  const servers = regionServers();
  bindRegionServers(servers.filter(s => s.region !== 'eu-west'));
  try {
    expect((await wayBack('ap-south'))[0]?.result).toBe('unknown');
  } finally {
    bindRegionServers(servers);
  }
  await bed.rows(
    `insert into failover_observation (observer, region, up, at, since, said)
     values ('console', 'eu-west', false, now(), now() - interval '10 s', 'x')`,
  );
  expect(await wayBack('ap-south')).toEqual([{ result: 'unknown', found: 'eu-ap: eu-west does not answer' }]);
});
