import { afterAll, beforeAll, expect, it } from 'vitest';
import { charge } from '#scripts/testing/charge.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { writeCsv } from './rules/focus.ts';
import { noteForecasts } from './service/predictions.ts';

let bed: TestBed;
const dayMs = 86_400_000;
const operator = () => createCaller(bed.as(person('operator'))).costs;

beforeAll(async () => {
  bed = await testBed();
  bed.clock.set(new Date('2026-11-21T10:00:00.000Z'));
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
});
afterAll(() => bed.close());

async function made(id: string) {
  await createTenant(
    bed.system,
    createTenantInput.parse({ id, name: id, environment: 'staging', homeRegion: 'eu-west' }),
  );
  /** A charge a day, up to the day before `until`. */
  return (currency: string, days: number, cost: (n: number) => number, until = '2026-11-21') =>
    operator().import({
      format: 'csv',
      source: `${currency} of ${id}`,
      text: writeCsv(
        Array.from({ length: days }, (_, n) => {
          const end = new Date(Date.parse(until) - n * dayMs);
          const start = new Date(end.getTime() - dayMs);
          const month = start.toISOString().slice(0, 7);
          const next = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1));
          return {
            ...charge,
            ...{
              ResourceId: 'machine',
              SubAccountId: id,
              BillingCurrency: currency,
              BilledCost: String(cost(n)),
            },
            ...{ BillingPeriodStart: `${month}-01T00:00:00Z`, BillingPeriodEnd: next.toISOString() },
            ...{ ChargePeriodStart: start.toISOString(), ChargePeriodEnd: end.toISOString() },
          };
        }),
      ),
    });
}
const kept = async (tenantId: string) =>
  (await operator().predictions({ tenantId })).rows.map(row => [row.currency, row.subject]).sort();
const budget = async (tenantId: string, currency: string, more: { service?: string } = {}) => {
  const { id } = await operator().setBudget({ tenantId, name: currency, amount: 9000, currency, ...more });
  return (await operator().budgets({ tenantId })).rows.find(row => row.id === id);
};

it('a forecast and a month are of each currency by itself, never of their sum', async () => {
  const id = 'two-coins';
  const bill = await made(id);
  await bill('EUR', 60, n => 100 + (n % 7));
  const alone = await operator().forecast({ tenantId: id, horizon: 7 });
  expect(alone).not.toHaveProperty('others');
  await bill('USD', 40, n => 2000 + (n % 7));
  await bill('CHF', 5, () => 7);
  await bill('GBP', 30, () => 9, '2026-10-10');
  const found = await operator().forecast({ tenantId: id, horizon: 7 });
  expect({ ...found, others: undefined }).toEqual({ ...alone, others: undefined });
  expect(found.others?.map(one => one.currency)).toEqual(['USD', 'CHF', 'GBP']);
  const [usd, chf, gbp] = found.others ?? [];
  expect(usd?.forecast).toMatchObject({ currency: 'USD', through: '2026-11-20' });
  expect(usd?.forecast?.total.value).toBeGreaterThan(7 * 1900);
  expect(usd?.forecast?.total.value).toBeLessThan(7 * 2100);
  expect(found.total.value).toBeLessThan(7 * 110);
  expect(chf).toMatchObject({ forecast: null, why: expect.stringMatching(/There are 5 days/) });
  expect(gbp).toMatchObject({ forecast: null, why: 'Nothing was billed in GBP since 2026-10-09.' });
  const month = await operator().month({ tenantId: id });
  expect(month).toMatchObject({ currency: 'EUR', others: [{ currency: 'USD' }, { currency: 'CHF' }] });
  expect(month.others[0]?.spent).toBeGreaterThan(20 * 1999);
  expect(month.others[0]?.expected?.value).toBeGreaterThan(30 * 1900);
  expect(month.expected?.value).toBeLessThan(31 * 110);
  expect(month.others[1]).toMatchObject({ spent: 35, expected: null });
  await noteForecasts(bed.system);
  expect(await kept(id)).toEqual([
    ['EUR', '2026-11-21 as of 2026-11-20'],
    ['EUR', '2026-11-27 as of 2026-11-20'],
    ['USD', '2026-11-21 as of 2026-11-20'],
    ['USD', '2026-11-27 as of 2026-11-20'],
  ]);
});

it('a currency that ended is not carried on, and the newest is the first, if it has a forecast or not', async () => {
  const id = 'changed-coins';
  const bill = await made(id);
  await bill('EUR', 60, () => 100, '2026-11-11');
  await bill('CHF', 5, () => 7);
  await expect(operator().forecast({ tenantId: id, horizon: 7 })).rejects.toMatchObject({
    cause: { code: 'cost.too_short', message: expect.stringMatching(/There are 5 days/) },
  });
  await bill('CHF', 20, n => (n < 5 ? 1 : 8));
  expect(await operator().forecast({ tenantId: id, horizon: 7 })).toMatchObject({
    currency: 'CHF',
    through: '2026-11-20',
    others: [{ currency: 'EUR', forecast: null, why: 'Nothing was billed in EUR since 2026-11-10.' }],
  });
  expect(await budget(id, 'EUR')).toMatchObject({ spent: 1000, expected: 1000, rate: null });
});

it('a budget may be in any currency that is billed, and in no other', async () => {
  const id = 'two-coins';
  expect(await budget(id, 'EUR')).toMatchObject({ currency: 'EUR' });
  expect(await budget(id, 'USD')).toMatchObject({ currency: 'USD' });
  await expect(budget(id, 'GBP')).rejects.toMatchObject({
    cause: { code: 'cost.currency', message: expect.stringMatching(/are in EUR, USD, CHF; a budget in GBP/) },
  });
  await made('no-coins');
  expect(await budget('no-coins', 'GBP')).toMatchObject({ spent: 0, expected: 0 });
});

it.each([
  ['some days', '2026-11-16', 60, 1500, 3000],
  ['weeks, into the month before', '2026-10-29', 60, 0, 3000],
  ['some days, and are too few for a forecast', '2026-11-16', 5, 500, 2000],
])('the end of a month is expected from the last bill on: bills that are behind by %s', async (...of) => {
  const [, until, days, spent, expected] = of;
  const id = `behind-${until}-${days}`;
  const bill = await made(id);
  await bill('EUR', days, () => 100, until);
  const whole = await budget(id, 'EUR');
  expect(whole?.spent).toBe(spent);
  expect(whole?.expected).toBeCloseTo(expected, 0);
  const service = await budget(id, 'EUR', { service: 'machine' });
  expect(service).toMatchObject({ spent, expected });
});

it('what was kept of the only currency is not kept again once there is a second one', async () => {
  const id = 'first-coin';
  const bill = await made(id);
  await bill('EUR', 60, n => 100 + (n % 7));
  await noteForecasts(bed.system);
  const alone = await kept(id);
  expect(alone).toEqual([
    ['EUR', '2026-11-21 as of 2026-11-20'],
    ['EUR', '2026-11-27 as of 2026-11-20'],
  ]);
  await bill('USD', 40, () => 20);
  await noteForecasts(bed.system);
  const both = await kept(id);
  expect(both).toEqual([...alone, ...alone.map(([, subject]) => ['USD', subject])]);
  expect(await noteForecasts(bed.system)).toBe(0);
});
