import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemContext } from '#kernel/trpc/commit.ts';
import { afterWrites, person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { startTestRegions, type TestRegions } from '#scripts/testing/region-servers.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { until } from '#scripts/testing/until.ts';
import { createCaller } from '#server/root.ts';
import { createTenantInput } from '../tenants/schema.ts';
import { createTenant } from '../tenants/service.ts';
import { leakControl, parityControl, streamControl } from './controls.ts';
import { type Tries, triesAfter } from './rules/again.ts';
import { streamInput } from './schema.ts';
import {
  askStreams,
  carryOut,
  compareTable,
  drainStream,
  lookAtStreams,
  mirrorsOf,
  recordSamples,
  scanStream,
  scanWhole,
} from './service.ts';

let bed: TestBed;
let regions: TestRegions;
const id = 'eu-us';
const wanted = {
  id,
  publisher: 'eu-west',
  subscriber: 'us-east',
  tables: [{ table: 'app.customer' }, { table: 'app.orders' }],
  tenants: ['t1'],
};
const api = () => createCaller(bed.as(person('operator'))).replication;
const eu = () => regions.region('eu-west');
const us = () => regions.region('us-east');
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.cause?.code,
  );
const lookOf = async (stream = id) =>
  (await lookAtStreams(bed.system)).find(s => s.stream.id === stream)?.look;
const streaming = (stream = id) =>
  until('streaming', async () => (await lookOf(stream))?.health === 'streaming');
const as = (sql: string) => us().query(`begin; set local session_replication_role = replica; ${sql}; commit`);

/** The process is told to end once so many chunks were noted. */
const cutOff = async (
  chunks: number,
  work: (ctx: typeof bed.system, signal: AbortSignal) => Promise<unknown>,
) => {
  const stop = new AbortController();
  const database = afterWrites(bed.database, chunks, () => stop.abort());
  await expect(work(systemContext('test', database, bed.clock), stop.signal)).rejects.toThrow('interrupted');
};

beforeAll(async () => {
  bed = await testBed();
  for (const [name, country] of [
    ['eu-west', 'IE'],
    ['us-east', 'US'],
    ['ap-south', 'IN'],
    ['ap-northeast', 'JP'],
  ] as const)
    await registerTestRegion(bed, { name, country });
  for (const tenant of [
    { id: 't1' },
    { id: 'acme-retail', allowedCountries: ['IE'] },
    { id: 'delta', homeRegion: 'ap-south' },
  ])
    await createTenant(
      bed.system,
      createTenantInput.parse({
        name: tenant.id,
        environment: 'simulation',
        homeRegion: 'eu-west',
        ...tenant,
      }),
    );
  regions = await startTestRegions({ 'eu-west': { tenants: ['t1', 'acme-retail'] }, 'us-east': {} });
}, 300_000);
afterAll(async () => {
  await regions?.stop();
  await bed?.close();
});

describe('before a stream is made', () => {
  it('residency is asked: a tenant that may not lie there keeps it from being made', async () => {
    const input = streamInput.parse({ ...wanted, tenants: ['t1', 'acme-retail'] });
    const { ok, checks } = await api().preflight(input);
    expect(ok).toBe(false);
    expect(checks.filter(c => c.result === 'fail')).toMatchObject([
      { id: 'console.residency', found: expect.stringContaining('acme-retail allows IE only') },
    ]);
    expect(await code(api().create(input))).toBe('stream.preflight');
  });

  it('consent is asked before personal columns leave as they are', async () => {
    const { checks } = await api().preflight(streamInput.parse({ ...wanted, raw: true }));
    expect(checks.filter(c => c.result === 'fail')).toMatchObject([
      { id: 'console.consent', found: 't1 has not consented to replication' },
    ]);
  });

  it('a policy in force is asked, too', async () => {
    await bed.rows(`update tenant set data_classes = '{personal}' where id = 't1'`);
    const { bindPolicies } = await import('#kernel/policy/in-force.ts');
    const { loadPolicies } = await import('#server/policy/hub/service/in-force.ts');
    const content = {
      id: 'stay',
      kind: 'residency' as const,
      scope: { regions: [], labels: {} },
      document: { rules: [{ dataClasses: ['personal' as const], deniedRegions: ['us-east'] }] },
      staleness: 'deny' as const,
      expires: null,
    };
    bindPolicies(async () => [{ content, version: 4 } as never]);
    try {
      const { checks } = await api().preflight(streamInput.parse(wanted));
      expect(checks.find(c => c.id === 'console.residency')).toMatchObject({
        result: 'fail',
        found: expect.stringContaining('the residency policy “stay” (version 4) denies us-east'),
      });
    } finally {
      bindPolicies(loadPolicies);
      await bed.rows(`update tenant set data_classes = '{}' where id = 't1'`);
    }
  });

  it('a real region and a simulated one are never joined', async () => {
    expect(await code(api().create(streamInput.parse({ ...wanted, subscriber: 'ap-south' })))).toBe(
      'stream.mixed',
    );
  });

  it('without the permission nothing is made', async () => {
    const auditor = createCaller(bed.as(person('auditor'))).replication;
    await expect(auditor.create(streamInput.parse(wanted))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('a stream between two real servers', () => {
  it('carries the tenant’s rows without what is personal, and goes on with changes', async () => {
    // As where it was entered before there was a key.
    await eu().query(
      'begin; set local session_replication_role = replica; update app.customer set email_key = null where id = 3; commit',
    );
    const made = await api().create(streamInput.parse(wanted));
    expect(made).toMatchObject({ state: 'creating', simulated: false, embedded: true });
    await carryOut(bed.system, id);
    await carryOut(bed.system, id); // again: nothing happens twice
    expect(await api().get({ id })).toMatchObject({ state: 'active', message: null });
    await streaming();
    const [row] = await us().query('select * from app.customer where id = 1');
    expect(row).toMatchObject({ tenant_id: 't1', name: null, email: null, phone: null });
    const [home] = await eu().query<{ email_key: string }>('select email_key from app.customer where id = 1');
    expect(row?.email_key).toBe(home?.email_key);
    expect(home?.email_key).toMatch(/^[0-9a-f]{64}$/);
    const [filled] = await us().query('select email_key from app.customer where id = 3');
    expect(filled?.email_key).toMatch(/^[0-9a-f]{64}$/);
    expect(await us().query('select distinct tenant_id from app.orders')).toEqual([{ tenant_id: 't1' }]);
    await eu().query(
      "begin; set local session_replication_role = replica; update app.orders set status = 'returned' where id = 1; commit",
    );
    await until('the change to arrive', async () => {
      const [order] = await us().query('select status from app.orders where id = 1');
      return order?.status === 'returned';
    });
  });

  it('row level security holds on the mirror: a tenant sees nothing of another', async () => {
    expect(await us().asService('t1', 'select count(*)::int as n from app.customer')).toEqual([{ n: 40 }]);
    expect(await us().asService('acme-retail', 'select count(*)::int as n from app.customer')).toEqual([
      { n: 0 },
    ]);
  });

  it('status tells lag in bytes and seconds, and the series is kept', async () => {
    const look = await lookOf();
    expect(look).toMatchObject({
      health: 'streaming',
      lagBytes: expect.any(Number),
      lagSeconds: expect.any(Number),
    });
    const { at = '', lagBytes = null, lagSeconds = null, retainedBytes = null } = look ?? {};
    await recordSamples(bed.system, [{ streamId: id, at, lagBytes, lagSeconds, retainedBytes }]);
    expect((await api().get({ id })).samples).toHaveLength(1);
    const status = await api().status({});
    expect(status.streams.map(s => [s.id, s.look?.health])).toEqual([[id, 'streaming']]);
    expect(status.regions.find(r => r.region === 'eu-west')?.kind).toBe('embedded');
    expect(status.regions.find(r => r.region === 'ap-south')?.kind).toBe('simulated');
    expect((await streamControl.run(bed.system)).result).toBe('PASS');
  });

  it('heartbeats go on while nothing else is written, so idle is not stalled', async () => {
    const before = (await us().query<{ seq: number }>('select seq from atom_region.heartbeat'))[0]?.seq ?? 0;
    await lookOf();
    await until('another heartbeat', async () => {
      const [row] = await us().query<{ seq: number }>('select seq from atom_region.heartbeat');
      return (row?.seq ?? 0) > before;
    });
  });

  it('pauses, keeps its log within a budget that alarms, and resumes', async () => {
    await api().pause({ id });
    await carryOut(bed.system, id);
    expect((await lookOf())?.health).toBe('paused');
    await bed.rows('update replication_stream set wal_budget_mb = 1 where id = $1', [id]);
    await eu().query('create table if not exists public.noise (t text)');
    await eu().query("insert into public.noise select repeat('x', 1000) from generate_series(1, 3000)");
    expect(await lookOf()).toMatchObject({ overBudget: true, health: 'paused' });
    expect(await streamControl.run(bed.system)).toMatchObject({
      result: 'FAIL',
      reason: expect.stringContaining('more log than its budget'),
    });
    await bed.rows('update replication_stream set wal_budget_mb = 256 where id = $1', [id]);
    expect(await code(api().pause({ id }))).toBe('stream.state');
    await api().resume({ id });
    await carryOut(bed.system, id);
    await streaming();
  });

  it('that its tenant no longer allows carries no row more, until somebody resumes it', async () => {
    const status = (at: typeof us) =>
      at()
        .query<{ status: string }>('select status from app.orders where id = 2')
        .then(([row]) => row?.status);
    await bed.rows(`update tenant set allowed_countries = '{IE}' where id = 't1'`);
    await askStreams(bed.system);
    await carryOut(bed.system, id);
    await eu().query(
      "begin; set local session_replication_role = replica; update app.orders set status = 'kept home' where id = 2; commit",
    );
    const look = await lookOf();
    expect(look).toMatchObject({ health: 'paused', why: expect.stringContaining('t1 allows IE only') });
    expect(await us().query('select subenabled as enabled from pg_subscription')).toEqual([
      { enabled: false },
    ]);
    expect(await status(us)).not.toBe('kept home');
    await bed.rows(`update tenant set allowed_countries = '{}' where id = 't1'`);
    await api().resume({ id });
    await carryOut(bed.system, id);
    await until('the row to arrive', async () => (await status(us)) === 'kept home');
  });
});

describe('a stream that an error stopped', () => {
  const stopped = async () => {
    const [row] = await us().query<{ enabled: boolean }>('select subenabled as enabled from pg_subscription');
    return row?.enabled === false;
  };

  it('by a connection that broke starts again by itself, with an entry, and nothing is missing', async () => {
    // As Postgres leaves it when the publisher goes away while a change is applied.
    const [name] = await us().query<{ name: string }>('select subname as name from pg_subscription');
    await us().query(`alter subscription ${name?.name} disable`);
    expect(await lookOf()).toMatchObject({ health: 'broken' });
    await carryOut(bed.system, id);
    expect(await stopped()).toBe(true);
    bed.clock.advance(2000);
    await lookOf();
    await carryOut(bed.system, id);
    expect(await stopped()).toBe(false);
    await streaming();
    expect(
      await bed.rows("select 1 from ledger_entry where type = 'replication.started_again'"),
    ).toHaveLength(1);
  });

  it('by a row that does not fit is given up after five tries', () => {
    let tries: Tries | null = null;
    let started = 0;
    for (let now = 0; now < 3_600_000; now += 2000) {
      const after = triesAfter(tries, true, now);
      tries = after.tries;
      if (after.again) started += 1;
    }
    expect(started).toBe(5);
    expect(triesAfter(tries, false, 62_000 + 300_000)).toEqual({ tries: null, again: false });
    expect(triesAfter({ count: 3, at: 1000 }, false, 2000).tries).toEqual({ count: 3, at: 1000 });
  });
});

describe('what proves a mirror', () => {
  const compare = async () => {
    const { runs } = await api().verify({ id });
    const done = [];
    for (const run of runs) done.push(await compareTable(bed.system, run.id));
    return done;
  };

  it('agrees while nothing was changed behind its back', async () => {
    expect(await compare()).toMatchObject([
      { table: 'app.customer', state: 'equal', rows: 40, differing: 0 },
      { table: 'app.orders', state: 'equal', rows: 120, differing: 0 },
    ]);
    expect((await parityControl.run(bed.system)).result).toBe('PASS');
  });

  it('names the range of one changed, one missing and one extra row, across several chunks', async () => {
    await eu().query(`begin; set local session_replication_role = replica;
      insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency)
      select n, 't1', 1, 'placed', n, 'EUR' from generate_series(1001, 31000) n; commit`);
    await as('update app.orders set amount_cents = amount_cents + 1 where id = 17017');
    await until('the rows to arrive', async () => {
      const [row] = await us().query<{ n: number }>('select count(*)::int as n from app.orders');
      return row?.n === 30_120;
    });
    await as(
      "update app.orders set amount_cents = amount_cents + 1 where id = 17017; delete from app.orders where id = 22222; insert into app.orders (id, tenant_id, customer_id, status, amount_cents, currency) values (99999, 't1', 1, 'x', 1, 'EUR')",
    );
    const [, orders] = await compare();
    expect(orders).toMatchObject({ state: 'differs', rows: 30_120, chunks: 4, differing: 3 });
    expect(orders?.ranges).toEqual([
      { from: '17017, t1', to: '17017, t1', kind: 'changed', rows: 1 },
      { from: '22222, t1', to: '22222, t1', kind: 'missing', rows: 1 },
      { from: '99999, t1', to: '99999, t1', kind: 'extra', rows: 1 },
    ]);
    expect(await parityControl.run(bed.system)).toMatchObject({
      result: 'FAIL',
      reason: 'Differing: eu-us app.orders',
    });
  });

  it('goes on after an interruption from the chunk it had reached', async () => {
    const { runs } = await api().verify({ id, tables: ['app.orders'] });
    const run = runs[0]?.id ?? '';
    await cutOff(1, (ctx, signal) => compareTable(ctx, run, signal));
    expect(await compareTable(bed.system, run)).toMatchObject({ chunks: 4, rows: 30_120, differing: 3 });
  });

  it('a table copied anew agrees again', async () => {
    await api().resync({ id, table: 'app.orders' });
    await carryOut(bed.system, id);
    await streaming();
    expect((await compare()).map(run => run?.state)).toEqual(['equal', 'equal']);
  });

  it('finds a planted e-mail address, and never says it', async () => {
    expect((await leakControl.run(bed.system)).result).toBe('BLOCKED');
    expect(await scanStream(bed.system, id)).toMatchObject({ leaks: [] });
    expect((await leakControl.run(bed.system)).result).toBe('PASS');
    await as("update app.orders set status = 'ask planted.person@leak.example' where id = 1001");
    const { leaks } = await scanStream(bed.system, id);
    expect(leaks).toEqual([
      { table: 'app.orders', column: 'status', kind: 'e-mail', rows: 1, keys: ['1001, t1'] },
    ]);
    expect(JSON.stringify(await api().get({ id }))).not.toContain('planted.person');
    expect(await leakControl.run(bed.system)).toMatchObject({
      result: 'FAIL',
      reason: expect.stringContaining('e-mail in app.orders.status'),
    });
    await as("update app.orders set status = 'placed' where id = 1001");
  });

  it('finds a raw value in another column, and a personal column that holds something', async () => {
    await as("update app.customer set segment = 'Customer 1', phone = '+000 555 1' where id = 2");
    const { leaks } = await scanStream(bed.system, id);
    expect(leaks.map(l => [l.column, l.kind])).toEqual(
      expect.arrayContaining([
        ['segment', 'raw-value'],
        ['phone', 'personal-column'],
      ]),
    );
    await as("update app.customer set segment = 'retail', phone = null where id = 2");
  });

  it('says how many values it looked for, and finds in chunks what a sample leaves out', async () => {
    const replica = (sql: string) => `begin; set local session_replication_role = replica; ${sql}; commit`;
    await eu().query(
      replica(
        "insert into app.customer (id, tenant_id, name, country, segment) select n, 't1', 'zz person ' || n, 'IE', 'retail' from generate_series(50001, 52500) n",
      ),
    );
    await as("update app.orders set status = 'zz person 52500' where id = 1001");
    const sampled = await scanStream(bed.system, id);
    expect(sampled).toMatchObject({ whole: false, leaks: [] });
    expect(sampled.looked?.find(one => one.column === 'name')).toEqual({
      ...{ table: 'app.customer', column: 'name', values: 2000, of: 2540 },
    });
    await cutOff(2, (ctx, signal) => scanWhole(ctx, id, signal));
    expect((await mirrorsOf(bed.system, 't1'))[0]?.leakScan?.whole).toBe(false);
    const whole = await scanWhole(bed.system, id);
    expect(whole.looked?.find(one => one.column === 'name')).toMatchObject({ values: 2540, of: 2540 });
    expect(whole).toMatchObject({ whole: true, state: 'done' });
    expect(whole.leaks).toEqual([
      { table: 'app.orders', column: 'status', kind: 'raw-value', rows: 1, keys: ['1001, t1'] },
    ]);
    expect(await bed.rows("select 1 from replication_scan where state = 'running'")).toEqual([]);
    expect((await leakControl.run(bed.system)).result).toBe('FAIL');
    await as("update app.orders set status = 'placed' where id = 1001");
    await eu().query(replica('delete from app.customer where id > 50000'));
    await scanStream(bed.system, id);
  }, 300_000);

  it('a tenant’s mirrors say where its rows lie and what was proved', async () => {
    expect(await mirrorsOf(bed.system, 't1')).toMatchObject([
      { region: 'us-east', from: 'eu-west', simulated: false, parity: { state: 'equal' } },
    ]);
    expect(await mirrorsOf(bed.system, 'acme-retail')).toEqual([]);
  });
});

describe('a server that does not answer', () => {
  it('makes the stream unknown, not well; what was asked for meanwhile is done later', async () => {
    us().freeze();
    try {
      expect(await lookOf()).toMatchObject({
        health: 'unknown',
        why: 'the subscriber does not answer',
        lagSeconds: null,
      });
      expect((await streamControl.run(bed.system)).result).toBe('BLOCKED');
      const { ok, checks } = await api().preflight(streamInput.parse({ ...wanted, id: 'other' }));
      expect(ok).toBe(false);
      expect(checks.find(c => c.id === 'subscriber.reachable')?.result).toBe('unknown');
    } finally {
      us().thaw();
    }
    await streaming();
  }, 300_000);

  it('retires on both servers', async () => {
    await api().retire({ id, reason: 'no longer needed' });
    await carryOut(bed.system, id);
    expect(await eu().query("select 1 from pg_replication_slots where slot_name = 'atom_eu_us'")).toEqual([]);
    expect(await us().query("select 1 from pg_subscription where subname = 'atom_eu_us'")).toEqual([]);
  });

  it('is made anew beside another one, once what the first left is deleted; each has a heartbeat of its own', async () => {
    const both = ['eu-us-orders', 'eu-us-rest'];
    const orders = { ...wanted, id: 'eu-us-orders', tables: [{ table: 'app.orders' }] };
    await us().query(`begin; set local session_replication_role = replica;
      update app.customer set email = 'a@t1.example' where tenant_id = 't1' and id = (select min(id) from app.customer); commit`);
    const kept = await api().preflight(streamInput.parse({ ...orders, tables: [{ table: 'app.customer' }] }));
    expect(kept.checks.find(c => c.id === 'subscriber.rows')).toMatchObject({
      ...{ result: 'fail', mend: null },
      found: expect.stringContaining('personal values'),
    });
    await us().query(
      'begin; set local session_replication_role = replica; update app.customer set email = null; commit',
    );
    const refused = await api().preflight(streamInput.parse(orders));
    const held = refused.checks.find(c => c.id === 'subscriber.rows');
    expect([refused.ok, held?.result]).toEqual([false, 'fail']);
    for (const { table } of wanted.tables) {
      const { checks } = await api().preflight(streamInput.parse({ ...orders, tables: [{ table }] }));
      await us().query(checks.find(c => c.id === 'subscriber.rows')?.mend ?? '');
    }
    await api().create(streamInput.parse(orders));
    await api().create(
      streamInput.parse({
        ...wanted,
        id: 'eu-us-rest',
        tables: wanted.tables.filter(t => t.table !== 'app.orders'),
      }),
    );
    for (const each of both) await carryOut(bed.system, each);
    for (const each of both) await streaming(each);
    const beats = () => us().query('select region from atom_region.heartbeat order by region');
    expect(await beats()).toEqual(expect.arrayContaining(both.map(region => ({ region }))));
    await us().query('alter subscription atom_eu_us_rest disable');
    expect(await drainStream(bed.system, 'eu-us-orders', 30_000)).toBeNull();
    expect(await drainStream(bed.system, 'eu-us-rest', 500)).toContain('its subscription is off');
    await us().query('alter subscription atom_eu_us_rest enable');
    for (const each of both) await streaming(each);
    for (const each of both) {
      await api().retire({ id: each, reason: 'no longer needed' });
      await carryOut(bed.system, each);
    }
  }, 300_000);

  it('of before streams had heartbeats of their own has one at the next look', async () => {
    await us().query(`begin; set local session_replication_role = replica;
      ${wanted.tables.map(t => `delete from ${t.table} where tenant_id = 't1'`).join('; ')}; commit`);
    await api().create(streamInput.parse({ ...wanted, id: 'eu-us-old' }));
    await carryOut(bed.system, 'eu-us-old');
    await eu().query(`alter publication atom_eu_us_old drop table atom_region.heartbeat;
      alter publication atom_eu_us_old add table atom_region.heartbeat where (region = 'eu-west')`);
    await us().query('delete from atom_region.heartbeat');
    await streaming('eu-us-old');
    const beats = () =>
      us().query<{ region: string; seq: string }>('select region, seq::text from atom_region.heartbeat');
    expect((await beats()).map(b => b.region)).toEqual(['eu-us-old']);
    // As where somebody took it out, and where the mirror lost it: the next ones arrive all the same.
    await eu().query('alter publication atom_eu_us_old drop table atom_region.heartbeat');
    await us().query('delete from atom_region.heartbeat');
    await until('another beat', async () => {
      await lookAtStreams(bed.system);
      return (await beats()).length === 1;
    });
    await api().retire({ id: 'eu-us-old', reason: 'no longer needed' });
    await carryOut(bed.system, 'eu-us-old');
  }, 300_000);
});

describe('a stream between simulated regions', () => {
  it('goes through the same service and says that it is simulated', async () => {
    const made = await api().create(
      streamInput.parse({
        ...wanted,
        id: 'sim',
        publisher: 'ap-south',
        subscriber: 'ap-northeast',
        tenants: ['delta'],
      }),
    );
    expect(made).toMatchObject({ simulated: true, embedded: false });
    await carryOut(bed.system, 'sim');
    expect((await lookOf('sim'))?.health).toBe('streaming');
    const { runs } = await api().verify({ id: 'sim' });
    for (const run of runs)
      expect(await compareTable(bed.system, run.id)).toMatchObject({ state: 'equal', simulated: true });
  });
});
