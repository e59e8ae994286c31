import { afterAll, beforeAll, expect, it } from 'vitest';
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

const charge = {
  BilledCost: '10.005',
  BillingCurrency: 'EUR',
  BillingPeriodEnd: '2026-10-01T00:00:00Z',
  BillingPeriodStart: '2026-09-01T00:00:00Z',
  ChargeCategory: 'Usage',
  ChargePeriodEnd: '2026-09-02T00:00:00Z',
  ChargePeriodStart: '2026-09-01T00:00:00Z',
  EffectiveCost: '10.005',
  ProviderName: 'Example cloud',
  ServiceCategory: 'Compute',
  ServiceName: 'Machines',
  SubAccountId: 't1',
  Tags: '{"team":"a"}',
};

it('a forecast and a month are of each currency by itself, never of their sum', async () => {
  const id = 'two-coins';
  await createTenant(
    bed.system,
    createTenantInput.parse({ id, name: id, environment: 'staging', homeRegion: 'eu-west' }),
  );
  const bill = (currency: string, days: number, cost: (n: number) => number, until = '2026-11-21') =>
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
            ...{ SubAccountId: id, BillingCurrency: currency, BilledCost: String(cost(n)) },
            ...{ BillingPeriodStart: `${month}-01T00:00:00Z`, BillingPeriodEnd: next.toISOString() },
            ...{ ChargePeriodStart: start.toISOString(), ChargePeriodEnd: end.toISOString() },
          };
        }),
      ),
    });
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
  const said = (await operator().predictions({ tenantId: id })).rows.map(row => [row.currency, row.subject]);
  expect(said.sort()).toEqual([
    ['EUR', '2026-11-21 in EUR as of 2026-11-20'],
    ['EUR', '2026-11-27 in EUR as of 2026-11-20'],
    ['USD', '2026-11-21 in USD as of 2026-11-20'],
    ['USD', '2026-11-27 in USD as of 2026-11-20'],
  ]);
});
