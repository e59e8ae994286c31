import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
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
import { ingestEvents } from '#server/governance/observability/service.ts';
import { writeSamples } from '#server/governance/observability/store/write.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { calibrate } from './service/calibrate.ts';
import { scoreDue } from './service/loop.ts';
import { watchSeries } from './service/watch.ts';
import { seedRules } from './service.ts';

let bed: TestBed;
const minute = 60_000;
beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['t1', 't2'])
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment: 'simulation', homeRegion: 'eu-west' }),
    );
  await seedRules(bed.system);
});
afterAll(() => bed.close());

const risks = (who = person('operator')) => createCaller(bed.as(who)).risks;

/** Samples every half minute, from `from` minutes ago on. */
const sample = (from: number, values: readonly number[], service = 'service-x') => {
  const start = bed.clock.now().getTime() - from * minute;
  return writeSamples(
    bed.database,
    values.flatMap((value, i) =>
      [0, 30_000].map(offset => ({
        tenantId: 't1',
        service,
        metric: 'cpu',
        ts: new Date(start + i * minute + offset),
        value,
        simulated: true,
      })),
    ),
  );
};
const calm = (n: number) => Array.from({ length: n }, (_, i) => 0.4 + 0.02 * Math.sin(i / 5));

describe('series', () => {
  it('are watched minute by minute, each once, and what is unlike their past raises the score', async () => {
    await sample(310, calm(300));
    expect(await watchSeries(bed.system)).toBe(1);
    expect(await watchSeries(bed.system)).toBe(0);
    const signal = async () =>
      (await bed.rows<{ score: number; value: number }>('select score, value from risk_signal'))[0];
    expect((await signal())?.score).toBeLessThan(0.2);
    await sample(9, [...calm(7), 1.5]);
    expect(await watchSeries(bed.system)).toBe(1);
    expect((await signal())?.value).toBeCloseTo(1.5);
    expect((await signal())?.score).toBeGreaterThan(0.6);
    await scoreDue(bed.system);
    const risk = await risks(simulationPrincipal).latest({ tenant_id: 't1' });
    expect(risk.contributions.map(c => c.feature)).toContain('rule:anomalous-load');
    expect(risk.scores.performance).toBeGreaterThan(20);
    expect((await risks().services({ tenantId: 't1' })).rows.map(row => row.service)).toEqual(['service-x']);
  });

  it('that were not seen for a while say nothing of now', async () => {
    bed.clock.advance(5 * minute);
    expect((await risks().latest({ tenant_id: 't1' })).contributions).toEqual([]);
  });

  it('of one tenant are not another’s', async () => {
    const found = await risks(tenantCaller('t2')).latest({ tenant_id: 't2' });
    expect(found.contributions).toEqual([]);
    await expect(risks(tenantCaller('t2')).services({ tenantId: 't1' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('a dry run', () => {
  const metric = (threshold: number) => ({
    title: 'Too hot',
    dimension: 'performance' as const,
    points: 30,
    alert: null,
    when: { kind: 'metric' as const, metric: 'cpu', op: 'above' as const, threshold },
  });
  it('counts what a draft would have said of what was recorded, beside the rule as it is', async () => {
    await risks().saveRule({ id: 'too-hot', version: 0, enabled: true, definition: metric(0.9) });
    const draft = await risks().dryRun({ definition: metric(0.1), against: 'too-hot', hours: 2 });
    expect(draft.points).toBeGreaterThan(50);
    expect(draft.current?.fired).toBe(1);
    expect(draft.draft.held).toBeGreaterThan(draft.current?.held ?? 0);
    expect(draft.byTenant).toEqual([{ tenantId: 't1', draft: 1, current: 1 }]);
  });
  it('changes nothing, and counts events too', async () => {
    const { ids } = await ingestEvents(bed.system, 'http', [
      { tenant_id: 't2', event: 'door_open', severity: 'high' },
    ]);
    expect(ids).toHaveLength(1);
    bed.clock.advance(2 * minute);
    const before = await bed.rows('select count(*) from governance_risks');
    const found = await risks().dryRun({
      definition: {
        ...metric(0),
        when: { kind: 'events', names: ['door*'], minSeverity: 'low', atLeast: 1, withinMinutes: 15 },
      },
      hours: 1,
    });
    expect(found).toMatchObject({ draft: { fired: 1 }, current: null, truncated: false });
    expect(found.examples).toMatchObject([{ tenantId: 't2' }]);
    expect(await bed.rows('select count(*) from governance_risks')).toEqual(before);
  });
  it('is refused to those who may not change rules, and says which field is wrong', async () => {
    await expect(risks(person('auditor')).dryRun({ definition: metric(1) })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(risks().dryRun({ definition: metric(Number.NaN) })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    await expect(risks().dryRun({ definition: metric(1), against: 'nobody' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('calibration', () => {
  it('makes probabilities on faults of simulated worlds, better than the base rate on worlds it has not seen', async () => {
    expect((await risks().calibration({})).current).toBeNull();
    const made = await calibrate(bed.system, undefined, { weigh: [101], fit: [201], judge: [301] });
    expect(made?.brier).toBeLessThan(made?.baseline ?? 0);
    const view = await risks(simulationPrincipal).calibration({});
    expect(view.current).toMatchObject({ source: 'simulated world', judged: made?.judged });
    expect(view.current?.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(made?.judged);
    const calm = await risks().latest({ tenant_id: 't2' });
    await ingestEvents(bed.system, 'http', [
      { tenant_id: 't2', event: 'error_rate_high', severity: 'critical', service: 'z' },
    ]);
    const bad = await risks().latest({ tenant_id: 't2' });
    expect(bad.probability).toBeGreaterThan(calm.probability ?? 1);
  });
  it('is not made of a simulated world where there is none', async () => {
    loadEnvForTest({ ...process.env, SIMULATION_MODE: 'false' });
    try {
      expect(await calibrate(bed.system, undefined, { weigh: [1], fit: [2], judge: [3] })).toBeNull();
    } finally {
      loadEnvForTest({ ...process.env, SIMULATION_MODE: 'true' });
    }
  });
});

it('answers on its port as the phases ask', async () => {
  const server = portServer(systems.find(s => s.key === 'risks') ?? expect.fail(), bed);
  const get = (url: string) => server.inject({ url, headers: { host: 'localhost' } });
  const found = await get('/risk/t1');
  expect(found.statusCode).toBe(200);
  expect(found.json()).toMatchObject({
    tenantId: 't1',
    level: expect.any(String),
    contributions: expect.any(Array),
  });
  expect((await get('/risk/nobody')).statusCode).toBe(404);
  expect((await get('/risk/t1/history?hours=2')).json().points.length).toBeGreaterThan(0);
  expect((await get('/risk/t1/history?hours=zwei')).statusCode).toBe(400);
  expect((await get('/risk-calibration')).statusCode).toBe(200);
  expect((await get('/incidents?state=open')).statusCode).toBe(200);
  await server.close();
});
