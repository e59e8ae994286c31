import { afterAll, beforeAll, expect, it } from 'vitest';
import { testPerson } from '#scripts/testing/approvers.ts';
import { person, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { simulatedPair } from '#scripts/testing/simulated-pair.ts';
import { releaseApproval } from '#server/governance/approvals/service/release.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { appendWorldCommand } from '#server/world/state.ts';
import { portServer } from '#workers/ports.ts';
import { createTenantInput } from '../tenants/schema.ts';
import { createTenant } from '../tenants/service.ts';
import { failoverApproved, noLoss } from './controls.ts';
import { askObservers, keepLeases, runFailover } from './service.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  for (const [name, country] of [
    ['ap-south', 'IN'],
    ['ap-northeast', 'JP'],
    ['eu-west', 'IE'],
  ] as const)
    await registerTestRegion(bed, { name, country });
  for (const t of [{ id: 'delta' }, { id: 'home', allowedCountries: ['IN'] }])
    await createTenant(
      bed.system,
      createTenantInput.parse({ name: t.id, environment: 'simulation', homeRegion: 'ap-south', ...t }),
    );
  await simulatedPair(bed, 'delta');
});
afterAll(() => bed.close());

const api = () => createCaller(bed.as(person('operator'))).edgeRouting;
const world = (kind: 'region.fail' | 'region.restore') =>
  bed.database.write(bed.system.scope, tx =>
    appendWorldCommand(tx, { kind, region: 'ap-south' }, bed.clock.now()),
  );
const watch = async () => {
  await keepLeases(bed.system);
  await askObservers(bed.system);
};
const regionOf = async (name: string) => (await api().status({})).regions.find(r => r.region === name);

it('a simulated region is lost in the world, seen by observers, approved, and failed over through the same steps', async () => {
  const [operator, approver] = [
    await testPerson(bed, 'operator', ['operator']),
    await testPerson(bed, 'approver', ['approver']),
  ];
  bed.clock.advance(20_000);
  await watch();
  expect(await regionOf('ap-south')).toMatchObject({
    writes: true,
    simulated: true,
    practice: false,
    down: false,
  });
  const execute = async () => {
    const asked = await (await operator.caller()).edgeRouting.execute({
      ...{ from: 'ap-south', to: 'ap-northeast', reason: 'it is gone', despiteNotReady: true },
    });
    return 'requestId' in asked ? asked.requestId : '';
  };
  const agree = async (id: string) => {
    const { approvals } = await approver.caller();
    const { challengeId } = await approvals.prepare({ id, decision: 'approve' });
    await approvals.decide({ challengeId, proof: { kind: 'totp', code: approver.code() }, reason: 'agreed' });
  };
  const early = await execute();
  await agree(early);
  await world('region.fail');
  bed.clock.advance(1_000);
  await watch();
  bed.clock.advance(4_000);
  await watch();
  expect(await regionOf('ap-south')).toMatchObject({ down: true });
  expect((await noLoss.run(bed.system)).result).toBe('FAIL');

  // Whoever agreed to a switch that loses nothing did not agree to one that does.
  await releaseApproval(bed.system, early);
  expect(await (await operator.caller()).approvals.get({ id: early })).toMatchObject({
    ...{ state: 'voided', outcome: expect.stringContaining('not what was approved any more') },
  });
  expect((await api().history({})).runs).toEqual([]);

  const requestId = await execute();
  await agree(requestId);
  await releaseApproval(bed.system, requestId);
  const { runs } = await api().history({});
  const id = runs.find(run => !run.dry)?.id ?? '';
  await runFailover(bed.system, id);
  const run = await api().get({ id });
  expect(run).toMatchObject({ state: 'done', simulated: true, epoch: 2 });
  expect(await regionOf('ap-northeast')).toMatchObject({ writes: true, epoch: 2 });
  expect(await regionOf('ap-south')).toMatchObject({ writes: false, epoch: 2 });
  expect((await failoverApproved.run(bed.system)).result).toBe('PASS');

  await world('region.restore');
  bed.clock.advance(1_000);
  await watch();
  const { streams } = await createCaller(bed.as(person('operator'))).replication.status({});
  expect(streams.map(s => [s.id, s.state])).toEqual([
    ['sim', 'detached'],
    ['sim-back', 'active'],
  ]);
});

it('a principal has one voice under all its names, of a region that has a role, and does not outvote the console', async () => {
  const says = (as: string, region: string, observer: string, up: boolean) =>
    createCaller(bed.as(person('operator', as))).edgeRouting.observe({ region, observer, up, said: 'x' });
  const outside = async () =>
    (await regionOf('ap-northeast'))?.observations.filter(o => o.observer.startsWith('outside:')) ?? [];
  await expect(says('p1', 'nowhere-zz', 'a', false)).rejects.toMatchObject({
    ...{ code: 'NOT_FOUND', cause: { code: 'failover.no_role' } },
  });
  await watch();
  for (const name of ['a', 'b', 'b']) await says('p1', 'ap-northeast', name, false);
  expect(await outside()).toMatchObject([{ name: expect.stringMatching(/^b \(/), up: false, counts: true }]);
  bed.clock.advance(4_000);
  for (const who of ['p1', 'p2', 'p3']) await says(who, 'ap-northeast', 'a', false);
  expect(await outside()).toHaveLength(3);
  bed.clock.advance(4_000);
  for (const who of ['p1', 'p2', 'p3']) await says(who, 'ap-northeast', 'a', false);
  await watch();
  const row = await regionOf('ap-northeast');
  expect(row).toMatchObject({ down: false, disputed: expect.stringContaining('3 observers say') });
  bed.clock.advance(60_000);
  expect((await outside()).every(o => !o.counts && o.ageSeconds === 60)).toBe(true);
  await watch();
});

it('the control fails for a failover that nobody approved', async () => {
  await bed.rows(`insert into failover_run (id, from_region, to_region, dry, automatic, state, epoch, reason, by, steps, facts, simulated, started_at)
    values (gen_random_uuid(), 'a', 'b', false, false, 'done', 9, 'x', 'x', '[]', '{}', true, now())`);
  expect((await failoverApproved.run(bed.system)).result).toBe('FAIL');
  await bed.rows("delete from failover_run where from_region = 'a'");
});

it('the epoch of a region never falls, whoever writes it', async () => {
  await expect(bed.rows("update region_write set epoch = 1 where region = 'ap-south'")).rejects.toThrow(
    /cannot fall/,
  );
});

it('a route over REST keeps to residency, and refuses rather than sends elsewhere', async () => {
  const server = portServer(systems.find(s => s.key === 'edgeRouting') ?? expect.fail(), bed);
  const ask = async (body: object) => {
    const answer = await server.inject({
      method: 'POST',
      url: '/route',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    });
    return { status: answer.statusCode, ...answer.json() };
  };
  await bed.rows("update region set lat = 19, lon = 73 where id = 'ap-south'");
  await bed.rows("update region set lat = 36, lon = 140 where id = 'ap-northeast'");
  const near = await ask({ tenant: 'delta', clientIp: '2.1.2.3' });
  expect(near).toMatchObject({ status: 200, region: 'eu-west', refusal: null });
  expect(near.from.source).toContain('European');
  // What bills and heartbeats say is weighed; what they do not say is said to be unknown.
  const of = (answer: typeof near, region: string) =>
    answer.regions.find((r: { region: string }) => r.region === region);
  expect(of(near, 'eu-west')).toMatchObject({ load: null, price: null });
  const day = new Date(Math.floor(bed.clock.now().getTime() / 86_400_000) * 86_400_000 - 86_400_000);
  await bed.rows('select cost_month($1::date)::text', [`${day.toISOString().slice(0, 7)}-01`]);
  for (const [region, cost] of [
    ['eu-west', 3],
    ['ap-south', 2],
  ])
    await bed.rows(
      `insert into cost_row (id, charge_start, charge_end, billing_start, provider, category, service_category, service_name, region,
         currency, billed_cost, effective_cost, consumed_quantity, consumed_unit, columns, import_id, simulated)
       values ($1, $2, $2::timestamptz + interval '1 day', $2, 'p', 'Usage', 'Compute', 's', $1, 'EUR', $3, $3, 24, 'Hours', '{}', 'x', true)`,
      [region, day, cost],
    );
  await bed.rows(`update region set report = '{"load":{"cpu":0.95}}', heard_at = $1 where id = 'eu-west'`, [
    bed.clock.now(),
  ]);
  const weighed = await ask({ tenant: 'delta', clientIp: '2.1.2.3' });
  // It was failed over above: the nearer one takes no commit any more.
  expect(weighed).toMatchObject({ region: 'ap-northeast', readOnly: null });
  expect(of(weighed, 'ap-south').rank).toBe(of(weighed, 'ap-northeast').rank + 1);
  expect(of(weighed, 'eu-west')).toMatchObject({ load: 0.95, price: 1.5, kept: true });
  expect(of(weighed, 'ap-south')).toMatchObject({ load: null, price: 1 });
  expect(of(weighed, 'ap-northeast').reasons.join()).toContain('cost: not known');
  const bound = await ask({ tenant: 'home', clientIp: '2.1.2.3' });
  expect(bound).toMatchObject({
    region: 'ap-south',
    readOnly: expect.stringContaining('ap-northeast writes for ap-south since epoch 2'),
  });
  expect(bound.regions.filter((r: { kept: boolean }) => r.kept)).toHaveLength(1);
  await bed.rows("update region set state = 'unreachable' where id = 'ap-south'");
  const refused = await ask({ tenant: 'home', clientIp: '2.1.2.3' });
  expect(refused.region).toBeNull();
  expect(refused.refusal).toContain('out of use');
  expect((await ask({ tenant: 'delta', residency: { countries: ['JP'] } })).region).toBe('ap-northeast');
  expect((await ask({ tenant: 'nobody' })).status).toBe(404);
  for (const clientIp of ['::ffff:2.1.2.3', '::FFFF:201:203'])
    expect((await ask({ tenant: 'delta', clientIp })).from).toEqual(near.from);
  expect((await ask({ tenant: 'delta', clientIp: 'x' })).status).toBe(400);
  expect(await ask({ tenant: 'delta', clientIp: 'fe80::1%eth0' })).toMatchObject({
    status: 400,
    errors: [{ field: 'clientIp', message: expect.stringContaining('Leave the zone') }],
  });
  await server.close();
  await expect(
    createCaller(bed.as(tenantCaller('delta'))).edgeRouting.route({ tenant: 'home' }),
  ).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

it('a tenant’s replicas are told on the port of tenants', async () => {
  const server = portServer(systems.find(s => s.key === 'tenants') ?? expect.fail(), bed);
  const answer = await server.inject({ url: '/tenants/delta/replicas', headers: { host: 'localhost' } });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    tenant: 'delta',
    replicas: [{ streamId: 'sim' }, { streamId: 'sim-back' }],
  });
  await server.close();
});

it('only an embedded server of the simulated world can be paused', async () => {
  await expect(api().practise({ region: 'ap-south', paused: true, reason: 'test' })).rejects.toMatchObject({
    cause: { code: 'failover.not_embedded' },
  });
});
