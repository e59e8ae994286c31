import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createCaller } from '#server/root.ts';
import { assignWrites, readReadiness } from '../edge-routing/service.ts';
import { createTenantInput, tenantPatch } from '../tenants/schema.ts';
import { createTenant, readTenant, updateTenantDetails } from '../tenants/service.ts';
import { federationRules } from '../trust/schema.ts';
import { govern } from '../trust/service/rules.ts';
import { residenceControl } from './controls.ts';
import { streamInput } from './schema.ts';
import { askStreams, carryOut, createStream, lookAtStreams } from './service.ts';

let bed: TestBed;
const id = 'sim';
const api = () => createCaller(bed.as(person('operator')));
const stream = () => api().replication.get({ id });
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.cause?.code,
  );
const change = async (patch: object) => {
  const { version } = await readTenant({ ...bed.system, db: bed.system.ownWrites() }, 'delta');
  return updateTenantDetails(bed.system, { id: 'delta', version, patch: tenantPatch.parse(patch) });
};
const residence = () => residenceControl.run(bed.system);
const entries = (type: string) =>
  bed
    .rows("select 1 from ledger_entry where type = $1 and target = 'stream:sim'", [type])
    .then(r => r.length);

beforeAll(async () => {
  bed = await testBed();
  for (const [name, country] of [
    ['ap-south', 'IN'],
    ['ap-northeast', 'JP'],
  ] as const)
    await registerTestRegion(bed, { name, country });
  await createTenant(
    bed.system,
    createTenantInput.parse({
      ...{ id: 'delta', name: 'delta', environment: 'simulation', homeRegion: 'ap-south' },
      dataClasses: ['personal'],
    }),
  );
  await createStream(
    bed.system,
    streamInput.parse({
      ...{ id, publisher: 'ap-south', subscriber: 'ap-northeast', tenants: ['delta'] },
      tables: [{ table: 'app.orders' }],
    }),
  );
  await carryOut(bed.system, id);
  await lookAtStreams(bed.system);
  await assignWrites(bed.system);
});
afterAll(() => bed.close());
beforeEach(async () => {
  expect(await stream()).toMatchObject({ state: 'active', held: null });
});

it('a stream that a tenant no longer allows is paused with its reason, and only a person resumes it once it is allowed', async () => {
  expect(await askStreams(bed.system)).toEqual([]);
  await change({ allowedCountries: ['IN'] });
  expect(await askStreams(bed.system)).toEqual([id]);
  await carryOut(bed.system, id);
  expect(await stream()).toMatchObject({
    state: 'paused',
    held: { by: 'rules', why: expect.stringContaining('delta allows IN only') },
  });
  expect(await entries('replication.held')).toBe(1);
  await lookAtStreams(bed.system);
  expect((await stream()).look).toMatchObject({ health: 'paused', why: expect.stringContaining('IN only') });
  expect(await askStreams(bed.system)).toEqual([]);
  expect(await entries('replication.held')).toBe(1);
  expect(await code(api().replication.resume({ id }))).toBe('stream.not_allowed');
  await change({ allowedCountries: [] });
  await askStreams(bed.system);
  expect((await stream()).state).toBe('paused');
  expect(await api().replication.resume({ id })).toMatchObject({ state: 'active', held: null });
  await carryOut(bed.system, id);
});

it('a border rule of the federation is asked again, too', async () => {
  const rules = federationRules.parse({
    borders: [{ classes: ['public'], from: ['*'], to: ['*'], allow: true }],
  });
  await govern(bed.system, { version: 0, rules, reason: 'personal data stays' });
  expect(await askStreams(bed.system)).toEqual([id]);
  expect((await stream()).held?.why).toContain('No line lets personal data cross from IN to JP');
  await govern(bed.system, { version: 1, rules: federationRules.parse({}), reason: 'as before' });
  await api().replication.resume({ id });
  await carryOut(bed.system, id);
});

it('a quarantined region gets nothing until it is readmitted, which takes the stream up again', async () => {
  await api().regions.quarantine({ name: 'ap-northeast', reason: 'it looks odd' });
  expect(await askStreams(bed.system)).toEqual([id]);
  expect((await stream()).held).toMatchObject({ by: 'region', why: 'ap-northeast is quarantined' });
  await api().regions.readmit({ name: 'ap-northeast', reason: 'all is well' });
  await askStreams(bed.system);
  expect(await stream()).toMatchObject({ state: 'active', held: null });
  expect(await entries('replication.released')).toBe(1);
  await carryOut(bed.system, id);
});

it('between the word and its carrying out the rules may change: nothing is copied then', async () => {
  await api().replication.resync({ id, table: 'app.orders' });
  await change({ allowedRegions: ['ap-south'] });
  await carryOut(bed.system, id);
  expect(await stream()).toMatchObject({ state: 'failed', message: expect.stringContaining('may not run') });
  await change({ allowedRegions: [] });
  await api().replication.resume({ id });
  await carryOut(bed.system, id);
});

it('a change of residency, consent, rules or quarantine asks at once; a change of the name does not', async () => {
  const asked = () =>
    bed
      .rows<{ n: number }>(
        "select count(*)::int as n from outbox where body::text like '%replication.ask_again%'",
      )
      .then(([row]) => row?.n ?? 0);
  const before = await asked();
  await change({ name: 'Delta' });
  expect(await asked()).toBe(before);
  await change({ consents: ['analytics'] });
  expect(await asked()).toBe(before + 1);
});

it('rows that stay where residency does not allow them any more are named: to who changes it, on the page and by a control', async () => {
  expect((await residence()).result).toBe('PASS');
  const there = {
    tenant: 'delta',
    region: 'ap-northeast',
    written: false,
    why: 'delta allows ap-south only',
  };
  expect((await change({ allowedRegions: ['ap-south'] })).misplaced).toEqual([there]);
  expect((await api().replication.replicas({ id: 'delta' })).misplaced).toEqual([there]);
  expect(await residence()).toEqual({
    result: 'FAIL',
    reason: 'rows of delta lie in ap-northeast: delta allows ap-south only',
  });
  // A stream that was paused for it leaves in the mirror what had come.
  expect(await askStreams(bed.system)).toEqual([id]);
  expect((await residence()).result).toBe('FAIL');
  expect((await change({ allowedRegions: [] })).misplaced).toEqual([]);
  expect((await residence()).result).toBe('PASS');
  await api().replication.resume({ id });
  await carryOut(bed.system, id);
});

it('the region that writes is judged, too, and one that a failover cut off holds rows without writing them', async () => {
  const turn = (from: string, to: string, state: string) =>
    bed.rows('update replication_stream set publisher = $1, subscriber = $2, state = $3 where id = $4', [
      ...[from, to, state, id],
    ]);
  await change({ allowedRegions: ['ap-south'] });
  await turn('ap-northeast', 'ap-south', 'active');
  expect((await residence()).reason).toBe(
    'rows of delta are written in ap-northeast: delta allows ap-south only',
  );
  await turn('ap-northeast', 'ap-south', 'detached');
  expect((await residence()).reason).toContain('rows of delta lie in ap-northeast');
  await turn('ap-northeast', 'ap-south', 'retired');
  expect((await residence()).result).toBe('N/A');
  await turn('ap-south', 'ap-northeast', 'active');
  await change({ allowedRegions: [] });
});

it('a failover to where a tenant’s data may not lie is refused, however it is asked; the plan and a dry run name it', async () => {
  const order = { from: 'ap-south', to: 'ap-northeast', reason: 'test' };
  await change({ allowedRegions: ['ap-south'] });
  const plan = await api().edgeRouting.plan({ from: order.from, to: order.to });
  expect(plan.readiness.refused).toEqual([{ tenant: 'delta', reason: 'delta allows ap-south only' }]);
  expect(plan.readiness.rows.find(r => r.id === 'residency')).toMatchObject({ result: 'not-ready' });
  expect(await code(api().edgeRouting.execute({ ...order, despiteNotReady: true }))).toBe(
    'failover.residency',
  );
  const dry = await api().edgeRouting.execute({ ...order, dryRun: true });
  expect('notReady' in dry ? dry.notReady.join() : '').toContain('delta allows ap-south only');
  await change({ allowedRegions: [] });
  expect((await readReadiness(bed.system, 'ap-south', 'ap-northeast')).refused).toEqual([]);
});
