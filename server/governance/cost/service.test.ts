import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { charge } from '#scripts/testing/charge.ts';
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
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { appendWorldCommand } from '#server/world/state.ts';
import { portServer } from '#workers/ports.ts';
import { comparedPredictions, freshBills } from './controls.ts';
import { parseDecimal } from './rules/decimal.ts';
import { writeCsv } from './rules/focus.ts';
import { checkBudgets } from './service/budgets.ts';
import { pullBills } from './service/import.ts';
import { noteForecasts, notePrediction, noteRealised } from './service/predictions.ts';
import { costDelta } from './service.ts';

let bed: TestBed;
const dayMs = 86_400_000;
const operator = () => createCaller(bed.as(person('operator'))).costs;

beforeAll(async () => {
  bed = await testBed();
  bed.clock.set(new Date('2026-11-21T10:00:00.000Z'));
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['t1', 'test_tenant', 'acme-retail'])
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment: 'simulation', homeRegion: 'eu-west' }),
    );
  await pullBills(bed.system);
});
afterAll(() => bed.close());

const tokenOf = async (tenantId: string) =>
  (
    await createCaller(
      bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }),
    ).tokens.tenant({ tenantId, minutes: 60 })
  ).token;

const file = (...rows: Record<string, string>[]) => writeCsv(rows);

describe('bills of the simulated world', () => {
  it('come for five weeks, once, with their entry', async () => {
    const [row] = await bed.rows<{ days: number; n: number }>(
      "select count(distinct charge_start) as days, count(*) as n from cost_row where provider = 'Simulated cloud'",
    );
    expect(row?.days).toBe(35);
    expect((await pullBills(bed.system)).added).toBe(0);
    expect(await bed.rows("select 1 from ledger_entry where type = 'cost.imported'")).toHaveLength(1);
  });

  it('are divided to the cent', async () => {
    const found = await operator().allocation({});
    const cents = (text: string) => (parseDecimal(text) ?? 0n) / 10n ** 16n;
    const parts = [found.workload, found.idle, found.shared, found.overhead];
    expect(parts.reduce((sum, part) => sum + cents(part), 0n)).toBe(cents(found.bill));
    expect(found.simulated).toBe(true);
    expect(Number(found.idle)).toBeGreaterThan(0);
    expect(found.tenants.map(t => t.tenantId)).toContain('t1');
  });
});

describe('GET /cost/forecast', () => {
  it.each(['t1', 'test_tenant'])(
    'answers for %s with points, intervals, model and accuracy',
    async tenantId => {
      const found = await createCaller(bed.as(simulationPrincipal)).costs.forecast({ tenantId, horizon: 14 });
      expect(found).toMatchObject({ tenantId, currency: 'EUR', simulated: true, through: '2026-11-20' });
      expect(found.points).toHaveLength(14);
      expect(found.points[0]?.day).toBe('2026-11-21');
      for (const p of found.points) {
        expect(p.low95).toBeLessThanOrEqual(p.low80);
        expect(p.low80).toBeLessThanOrEqual(p.value);
        expect(p.value).toBeLessThanOrEqual(p.high80);
        expect(p.high80).toBeLessThanOrEqual(p.high95);
      }
      expect(found.tried.map(t => t.model)).toContain('seasonal-naive');
      expect(found.accuracy.origins).toBeGreaterThan(2);
    },
  );

  it('answers over REST on its port', async () => {
    const server = portServer(systems.find(s => s.key === 'costs') ?? expect.fail(), bed);
    const get = async (url: string) => {
      const authorization = `Bearer ${await tokenOf('t1')}`;
      return server.inject({ url, headers: { host: 'localhost', authorization } });
    };
    const answer = await get('/cost/forecast/t1?horizon=5');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ tenantId: 't1', accuracy: { origins: expect.any(Number) } });
    expect(answer.json().points).toHaveLength(5);
    expect((await get('/cost/forecast/nobody')).statusCode).toBe(404);
    expect((await get('/cost/forecast/t1?horizon=0')).statusCode).toBe(400);
    await server.close();
  });

  it('refuses unknown tenants, and too short a history by name', async () => {
    await expect(operator().forecast({ tenantId: 'nobody', horizon: 7 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await createTenant(
      bed.system,
      createTenantInput.parse({ id: 'fresh', name: 'fresh', environment: 'staging', homeRegion: 'eu-west' }),
    );
    await expect(operator().forecast({ tenantId: 'fresh', horizon: 7 })).rejects.toMatchObject({
      cause: { code: 'cost.too_short' },
    });
  });

  it('shows a tenant its own costs only', async () => {
    const own = createCaller(bed.as(tenantCaller('t1'))).costs;
    expect((await own.forecast({ tenantId: 't1', horizon: 7 })).tenantId).toBe('t1');
    await expect(own.forecast({ tenantId: 'acme-retail', horizon: 7 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const text = JSON.stringify([
      await own.allocation({}),
      await own.overview(),
      await own.export({ month: '2026-11' }),
    ]);
    expect(text).not.toContain('acme');
    expect(text).toContain('service-x');
  });
});

describe('this month', () => {
  it('is what was billed so far and what the forecast adds, for all and for one tenant', async () => {
    const whole = await operator().month({});
    expect(whole).toMatchObject({ month: '2026-11', currency: 'EUR', through: '2026-11-20', why: null });
    expect(whole.days).toHaveLength(20);
    expect(whole.points.map(p => p.day)).toEqual(Array.from({ length: 10 }, (_, i) => `2026-11-${21 + i}`));
    const ahead = whole.points.reduce((sum, p) => sum + p.value, 0);
    expect(whole.expected?.value).toBeCloseTo(whole.spent + ahead, 6);
    expect(whole.expected?.low80).toBeLessThanOrEqual(whole.expected?.value ?? 0);
    expect(whole.expected?.high80).toBeGreaterThanOrEqual(whole.expected?.value ?? 0);
    expect(whole.expected?.low80).toBeGreaterThanOrEqual(whole.spent);
    const one = await operator().month({ tenantId: 't1' });
    expect(one.spent).toBeGreaterThan(0);
    expect(one.spent).toBeLessThan(whole.spent);
  });

  it('says why nothing is foreseen, and is a tenant’s own', async () => {
    await createTenant(
      bed.system,
      createTenantInput.parse({ id: 'bare', name: 'bare', environment: 'staging', homeRegion: 'eu-west' }),
    );
    expect(await operator().month({ tenantId: 'bare' })).toMatchObject({
      currency: null,
      spent: 0,
      expected: null,
      why: expect.stringContaining('No charge'),
    });
    const own = createCaller(bed.as(tenantCaller('t1'))).costs;
    expect((await own.month({})).spent).toBeCloseTo((await operator().month({ tenantId: 't1' })).spent, 6);
    await expect(own.month({ tenantId: 'acme-retail' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('import and export', () => {
  it('brings a file in once and gives it back', async () => {
    const text = file(charge, { ...charge, BilledCost: '-2.5', ChargeCategory: 'Credit' });
    const input = { format: 'csv' as const, text, source: 'September', statedTotal: '8.00' };
    expect(await operator().import(input)).toMatchObject({ rows: 2, added: 2 });
    expect(await operator().import(input)).toMatchObject({ rows: 2, added: 0 });
    const out = await operator().export({ month: '2026-09' });
    expect(out).toMatchObject({ rows: 2, complete: true });
    expect(await operator().import({ ...input, text: out.text })).toMatchObject({ added: 0 });
    const json = await operator().export({ month: '2026-09', format: 'json' });
    expect(await operator().import({ format: 'json', text: json.text, source: 'again' })).toMatchObject({
      added: 0,
    });
    expect(await operator().allocation({ month: '2026-09' })).toMatchObject({ bill: '7.51', drift: '0.49' });
  });

  it('in two currencies is divided for each by itself, and nothing is summed over both', async () => {
    const dollars = { ...charge, BillingCurrency: 'USD', BilledCost: '10.25' };
    await operator().import({
      format: 'csv',
      text: file(dollars, { ...dollars, SubAccountId: 'acme-retail', BilledCost: '4' }),
      source: 'September in dollars',
      statedTotal: '15.00',
    });
    const euros = await operator().allocation({ month: '2026-09', currency: 'EUR' });
    expect(euros).toMatchObject({ currency: 'EUR', bill: '7.51', drift: '0.49' });
    expect([...euros.currencies].sort()).toEqual(['EUR', 'USD']);
    expect(await operator().allocation({ month: '2026-09', currency: 'USD' })).toMatchObject({
      currency: 'USD',
      bill: '14.25',
      drift: '0.75',
      tenants: [
        expect.objectContaining({ tenantId: 'acme-retail', workload: '4' }),
        expect.objectContaining({ tenantId: 't1', workload: '10.25' }),
      ],
    });
    const before = await operator().overview();
    const day = {
      ...dollars,
      ChargePeriodStart: '2026-11-19T00:00:00Z',
      ChargePeriodEnd: '2026-11-20T00:00:00Z',
    };
    const november = { BillingPeriodStart: '2026-11-01T00:00:00Z', BillingPeriodEnd: '2026-12-01T00:00:00Z' };
    await operator().import({
      format: 'csv',
      text: file({ ...day, ...november, BilledCost: '100000' }),
      source: 'November in dollars',
    });
    const after = await operator().overview();
    expect(after).toMatchObject({ currency: 'EUR', otherCurrencies: ['USD'] });
    expect(after.tenants).toEqual(before.tenants);
  });

  it('keeps a file with one bad line out, naming it', async () => {
    const text = file({ ...charge, BilledCost: '77' }, { ...charge, BilledCost: 'lots' });
    const error = await operator()
      .import({ format: 'csv', text, source: 'bad' })
      .catch(e => e);
    expect(error.cause.details.issues).toEqual([
      { field: 'line 3, BilledCost', message: expect.stringContaining('lots') },
    ]);
    expect(await bed.rows('select 1 from cost_row where billed_cost = 77')).toEqual([]);
  });

  it('is not for those who only look', async () => {
    for (const who of [simulationPrincipal, tenantCaller('t1'), person('auditor')])
      await expect(
        createCaller(bed.as(who)).costs.import({ format: 'csv', text: file(charge), source: 'x' }),
      ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('never changes a charge that is there', async () => {
    await expect(bed.rows('update cost_row set billed_cost = 0')).rejects.toThrow(/append-only/);
  });
});

describe('the cost of a plan', () => {
  const scale = (replicas: number) => ({
    tenantId: 't1',
    steps: [{ action: 'scale' as const, target: 'service-x', params: { replicas } }],
  });
  it('is the price of the replicas that come or go', async () => {
    const [up, down] = [await costDelta(bed.system, scale(50)), await costDelta(bed.system, scale(0))];
    expect(up?.currency).toBe('EUR');
    expect(up?.perDay).toBeGreaterThan(0);
    expect(up?.low).toBeLessThanOrEqual(up?.perDay ?? 0);
    expect(up?.high).toBeGreaterThanOrEqual(up?.perDay ?? 0);
    expect(down?.perDay).toBeLessThan(0);
  });
  it('is nothing for what changes no bill, and unknown for what nobody was billed for', async () => {
    const restart = {
      tenantId: 't1',
      steps: [{ action: 'restart' as const, target: 'service-x', params: {} }],
    };
    expect(await costDelta(bed.system, restart)).toMatchObject({ perDay: 0, low: 0, high: 0 });
    const foreign = { ...scale(5), tenantId: 'acme-retail' };
    expect(await costDelta(bed.system, foreign)).toBeNull();
  });

  it('is held against what came: after the scaling the predicted difference is the real one', async () => {
    const now = bed.clock.now();
    expect(await notePrediction(bed.system, scale(9), 'exec-1')).toBe(true);
    await bed.database.write(bed.system.scope, tx =>
      appendWorldCommand(tx, { kind: 'service.scale', service: 'service-x', replicas: 9 }, now),
    );
    bed.clock.advance(3_700_000);
    expect(await noteRealised(bed.system)).toBe(1);
    const [row] = (await operator().predictions({ tenantId: 't1' })).rows.filter(r => r.kind === 'plan');
    const look = row?.realised.find(r => r.after === '1h');
    expect(look?.within).toBe(true);
    expect(look?.perDay).toBeGreaterThan(0);
    expect(row?.realised.find(r => r.after === '24h')?.at).toBeNull();
    expect(await noteRealised(bed.system)).toBe(0);
  });
});

describe('budgets', () => {
  it('are set, changed by their version, and burn', async () => {
    const made = await operator().setBudget({ tenantId: 't1', name: 'All', amount: 1_000_000 });
    const [row] = (await operator().budgets({ tenantId: 't1' })).rows;
    expect(row).toMatchObject({ id: made.id, amount: 1_000_000, alerts: [] });
    expect(row?.spent).toBeGreaterThan(0);
    expect(row?.expected).toBeGreaterThan(row?.spent ?? 0);
    const change = { id: made.id, version: 1, tenantId: 't1', name: 'All', amount: 5 };
    await operator().setBudget(change);
    await expect(operator().setBudget(change)).rejects.toMatchObject({ cause: { code: 'cost.stale' } });
    await expect(
      operator().setBudget({ tenantId: 't1', name: 'x', amount: 5, currency: 'GBP' }),
    ).rejects.toMatchObject({
      cause: { code: 'cost.currency' },
    });
  });

  it('tell of a passed threshold once, with a message', async () => {
    expect(await checkBudgets(bed.system)).toBe(1);
    expect(await checkBudgets(bed.system)).toBe(0);
    const [row] = (await operator().budgets({ tenantId: 't1' })).rows;
    expect(row?.alerts).toMatchObject([{ kind: 'actual', threshold: 100 }]);
    const jobs = await bed.rows("select 1 from outbox where body->>'task' = 'notifications.accept'");
    expect(jobs).toHaveLength(1);
  });

  it('are a tenant’s own business, and nobody else’s', async () => {
    const other = createCaller(bed.as(tenantCaller('acme-retail'))).costs;
    expect((await other.budgets({})).rows).toEqual([]);
    const [row] = (await operator().budgets({ tenantId: 't1' })).rows;
    await expect(other.removeBudget({ id: row?.id ?? '' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await operator().removeBudget({ id: row?.id ?? '' });
    expect((await operator().budgets({ tenantId: 't1' })).rows).toEqual([]);
  });
});

describe('forecasts', () => {
  it('are kept once a day and compared when the day is billed', async () => {
    expect(await noteForecasts(bed.system)).toBeGreaterThan(0);
    expect(await noteForecasts(bed.system)).toBe(0);
    bed.clock.advance(2 * dayMs);
    await pullBills(bed.system);
    await noteRealised(bed.system);
    const rows = (await operator().predictions({ tenantId: 't1' })).rows.filter(r => r.kind === 'forecast');
    const compared = rows.flatMap(r => r.realised).filter(r => r.perDay !== null);
    expect(compared.length).toBeGreaterThan(0);
  });
});

describe('rightsizing', () => {
  it('replays a week of each billed service', async () => {
    const found = await operator().rightsizing({ tenantId: 't1' });
    expect(found.simulated).toBe(true);
    const service = found.services.find(s => s.service === 'service-x');
    expect(service?.verdict).not.toBe('refused');
    expect(service?.high?.throttled).toBeLessThanOrEqual(service?.low?.throttled ?? 0);
  });
});

describe('controls', () => {
  it('fail when bills stay away and when comparisons are missed', async () => {
    expect((await freshBills.run(bed.system)).result).toBe('PASS');
    expect((await comparedPredictions.run(bed.system)).result).toBe('PASS');
    bed.clock.advance(20 * dayMs);
    expect((await freshBills.run(bed.system)).result).toBe('FAIL');
    expect((await comparedPredictions.run(bed.system)).result).toBe('FAIL');
  });
});
