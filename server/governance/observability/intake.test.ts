import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batchDigest } from '#kernel/ledger/batch.ts';
import { scopeOf } from '#kernel/trpc/scope.ts';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { factOf, inOrder } from './rules/facts.ts';
import { createIntake, type Prepared, settleIntake, usualLimits } from './service/intake.ts';
import { recordLate } from './service/record.ts';
import { ingestEvents, readEvents, readEventsById, readSeries } from './service.ts';
import { selectBatchFacts } from './store/batches.ts';
import { writeEvents, writeSamples } from './store/write.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const [id, environment] of [
    ['t1', 'simulation'],
    ['t2', 'production'],
  ] as const)
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment, homeRegion: 'eu-west' }),
    );
});
afterAll(() => bed.close());
beforeEach(() => bed.clock.advance(60_000));

const contextOf = (who: Parameters<TestBed['as']>[0]) => {
  const scope = scopeOf(who);
  return { ...bed.as(who), scope, db: bed.database.read(scope) };
};
const span = () => ({
  from: new Date(bed.clock.now().getTime() - 86_400_000),
  to: new Date(bed.clock.now().getTime() + 1),
});
const prepared = (over: Partial<Prepared> = {}): Prepared => ({
  tenantId: 't1',
  ts: bed.clock.now(),
  id: crypto.randomUUID(),
  keyed: false,
  receivedAt: bed.clock.now(),
  event: 'e',
  severity: 1,
  service: null,
  region: null,
  message: null,
  templateId: null,
  traceId: null,
  attributes: '{}',
  source: 'http',
  simulated: true,
  ...over,
});

describe('ingest', () => {
  it('keeps every kind of text as it came, and reads it back newest first', async () => {
    const message = 'tab\there, line\nbreak, back\\slash, \\N, "quotes", ünïcödé 漢字 🙂';
    const attributes = { path: 'C:\\new\\table', nested: { list: [1, null, true, 'a\tb'] } };
    const made = await ingestEvents(bed.system, 'http', [
      { tenant_id: 't1', event: 'odd', severity: 'warning', service: 's', message, attributes, id: 'odd-1' },
      { tenant_id: 't1', event: 'later', severity: 'high', ts: bed.clock.now().getTime() + 1000 },
    ]);
    expect(made).toMatchObject({ accepted: 2, duplicates: 0, rejected: 0 });
    const found = await readEvents(bed.system, {
      tenantId: 't1',
      ...span(),
      to: new Date('2026-02-01'),
      limit: 10,
    });
    expect(found.map(e => e.event)).toEqual(['later', 'odd']);
    expect(found[1]).toEqual({
      id: 'odd-1',
      tenantId: 't1',
      ts: bed.clock.now().toISOString(),
      event: 'odd',
      severity: 'medium',
      service: 's',
      message,
      templateId: expect.stringMatching(/^[0-9a-f]{16}$/),
      attributes,
      source: 'http',
      simulated: true,
    });
    expect(await readEventsById(bed.system, ['odd-1'])).toHaveLength(1);
  });

  it('writes an id once, whether it comes again later, at another time, or twice at once', async () => {
    const event = { tenant_id: 't1', event: 'once', id: 'id-1' };
    expect(await ingestEvents(bed.system, 'http', [event, event])).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    bed.clock.advance(86_400_000);
    expect(await ingestEvents(bed.system, 'http', [event])).toMatchObject({
      accepted: 0,
      duplicates: 1,
      ids: ['id-1'],
    });
    const rivals = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const intake = createIntake(bed.database, bed.clock);
        const taken = await intake.take([prepared({ id: 'rival', keyed: true })], 'test');
        await intake.close();
        return taken;
      }),
    );
    expect(rivals.filter(r => r.fresh[0])).toHaveLength(1);
    expect(await ingestEvents(bed.system, 'http', [{ ...event, tenant_id: 't2' }])).toMatchObject({
      accepted: 1,
    });
    expect(
      await bed.rows("select 1 from telemetry_event where tenant_id = 't1' and event = 'once'"),
    ).toHaveLength(1);
  });

  it('refuses bad lines by number and reason and keeps the good ones', async () => {
    const now = bed.clock.now().getTime();
    const made = await ingestEvents(bed.system, 'http', [
      { tenant_id: 't1', event: 'good' },
      { tenant_id: 'nobody', event: 'x' },
      { event: 'x' },
      { tenant_id: 't1', event: 'x', severity: 'purple' },
      { tenant_id: 't1', event: 'x', ts: now - 8 * 86_400_000 },
      { tenant_id: 't1', event: 'x', ts: now + 7_200_000 },
      { tenant_id: 't1', event: 'x', message: 'a\u0000b' },
      { tenant_id: 't1', event: 'x', other: 1 } as never,
      { tenant_id: 't1', event: 'good' },
    ]);
    expect(made.accepted).toBe(2);
    expect(made.errors.map(e => [e.line, e.field])).toEqual([
      [2, 'tenant_id'],
      [3, 'tenant_id'],
      [4, 'severity'],
      [5, 'ts'],
      [6, 'ts'],
      [7, 'message'],
      [8, 'other'],
    ]);
    expect(made.ids.map(id => id !== null)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('lets a tenant write and read for itself only, and the simulated world for what is simulated', async () => {
    const t1 = contextOf(tenantCaller('t1'));
    expect((await ingestEvents(t1, 'http', [{ event: 'own' }])).accepted).toBe(1);
    expect((await ingestEvents(t1, 'http', [{ tenant_id: 't2', event: 'foreign' }])).accepted).toBe(0);
    await ingestEvents(bed.system, 'http', [{ tenant_id: 't2', event: 'secret', id: 'secret-1' }]);
    const seen = await readEvents(t1, { ...span(), limit: 100 });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.every(e => e.tenantId === 't1')).toBe(true);
    expect(await readEventsById(t1, ['secret-1'])).toEqual([]);
    const guest = contextOf(simulationPrincipal);
    expect((await ingestEvents(guest, 'http', [{ tenant_id: 't2', event: 'x' }])).accepted).toBe(0);
    expect(await readEventsById(guest, ['secret-1'])).toEqual([]);
    expect(await readEventsById(contextOf(person('operator')), ['secret-1'])).toHaveLength(1);
  });

  it('stands in the ledger with a digest that the stored rows give again', async () => {
    await settleIntake(bed.database);
    await ingestEvents(bed.system, 'http', [
      { tenant_id: 't1', event: 'proved', attributes: { z: 1, a: { y: 2, b: 3 } } },
      { tenant_id: 't1', event: 'proved', message: 'two' },
    ]);
    await settleIntake(bed.database);
    const [entry] = await bed.rows<{ body: Buffer }>(
      "select body from ledger_entry where type = 'telemetry.ingested' and tenant_id = 't1' order by id desc limit 1",
    );
    const { detail } = JSON.parse(String(entry?.body));
    expect(detail).toMatchObject({ count: 2, sources: ['http'], callers: ['system:test'] });
    const rows = await selectBatchFacts(bed.database, detail.batches[0].id, bed.clock.now());
    expect(batchDigest(inOrder(rows).map(factOf)).root).toBe(detail.root);
    expect(
      await bed.rows('select 1 from telemetry_batch where recorded_at is null and tenant_id = $1', ['t1']),
    ).toEqual([]);
  });

  it('records what a process wrote that ended before it could', async () => {
    const batch = {
      id: crypto.randomUUID(),
      tenantId: 't1',
      sources: ['http'],
      callers: ['x:y'],
      at: bed.clock.now(),
    };
    await writeEvents(bed.database, [{ ...prepared(), batch: batch.id }], [batch]);
    expect(await recordLate(bed.system)).toBe(0); // it may still be about to
    bed.clock.advance(60_000);
    expect(await recordLate(bed.system)).toBe(1);
    expect(await recordLate(bed.system)).toBe(0);
    const [entry] = await bed.rows<{ body: Buffer }>(
      "select body from ledger_entry where type = 'telemetry.ingested' order by id desc limit 1",
    );
    expect(JSON.parse(String(entry?.body)).detail.batches).toEqual([{ id: batch.id, count: 1 }]);
  });
});

describe('back-pressure', () => {
  it('takes all of a request or none, and loses nothing it took', async () => {
    const intake = createIntake(bed.database, bed.clock, {
      ...usualLimits,
      queue: 100,
      writers: 1,
      batch: 10,
    });
    const asked = Array.from({ length: 30 }, (_, n) =>
      intake.take(
        Array.from({ length: 10 }, (_, i) => prepared({ event: 'pressed', id: `p-${n}-${i}` })),
        'test',
      ),
    );
    const answers = await Promise.allSettled(asked);
    const refused = answers.filter(a => a.status === 'rejected');
    expect(refused).toHaveLength(20);
    for (const { reason } of refused as PromiseRejectedResult[])
      expect(reason).toMatchObject({ kind: 'rate_limited', details: { retryAfter: 1 } });
    expect(await bed.rows("select 1 from telemetry_event where event = 'pressed'")).toHaveLength(100);
    expect(intake.waiting).toBe(0);
    await intake.close();
    await expect(intake.take([prepared()], 'test')).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('keeps the others when one sender brings what Postgres cannot hold', async () => {
    const intake = createIntake(bed.database, bed.clock);
    const [good, bad] = await Promise.allSettled([
      intake.take([prepared({ event: 'kept' })], 'a'),
      intake.take([prepared({ event: 'kept', attributes: '{"a":"\\u0000"}' })], 'b'),
    ]);
    expect([good.status, bad.status]).toEqual(['fulfilled', 'rejected']);
    expect(await bed.rows("select 1 from telemetry_event where event = 'kept'")).toHaveLength(1);
    await intake.close();
  });
});

it('keeps samples of metrics once, in their order', async () => {
  const at = bed.clock.now().getTime();
  const sample = (n: number) => ({
    tenantId: 't1',
    service: 'service-x',
    metric: 'cpu',
    ts: new Date(at + n * 15_000),
    value: n / 10,
    simulated: true,
  });
  expect(await writeSamples(bed.database, [sample(1), sample(0)])).toBe(2);
  expect(await writeSamples(bed.database, [sample(1), sample(2)])).toBe(1);
  const q = {
    tenantId: 't1',
    service: 'service-x',
    metric: 'cpu',
    from: new Date(at),
    to: new Date(at + 60_000),
  };
  expect((await readSeries(bed.system, q)).map(p => p.value)).toEqual([0, 0.1, 0.2]);
  expect(await readSeries(contextOf(tenantCaller('t2')), q)).toEqual([]);
});

it('gives the ingest role nothing to read and nobody else a way around the parent', async () => {
  const refused = /permission denied/;
  for (const [role, sql] of [
    ['atom_ingest', 'select * from telemetry_event'],
    ['atom_ingest', 'select * from telemetry_batch'],
    ['atom_app', 'select * from atom_telemetry.event_key'],
    ['atom_tenant', 'select * from atom_telemetry.telemetry_event_20260101'],
    ['atom_app', 'delete from telemetry_event'],
    ['atom_tenant', "update telemetry_event set event = 'x'"],
  ] as const)
    await expect(bed.database.pool(role).query(sql)).rejects.toThrow(refused);
});
