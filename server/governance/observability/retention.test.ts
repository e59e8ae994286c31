import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import type { Held } from '#kernel/policy/combine.ts';
import { bindPolicies } from '#kernel/policy/in-force.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { telemetryRedaction, telemetryRetention } from './controls.ts';
import { expire, keptDays } from './service/retention.ts';
import { ingestEvents } from './service.ts';
import { writeEvents } from './store/write.ts';

let bed: TestBed;
const day = 86_400_000;
beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'true' });
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  bed.clock.advance(12 * 3_600_000);
});
afterAll(() => bed.close());
const days = async () =>
  (
    await bed.rows<{ day: string }>('select distinct day::text as day from telemetry_partitions() order by 1')
  ).map(r => r.day);

it('drops whole days when their time is over, says so in the ledger, and takes the same id again after that', async () => {
  expect(await telemetryRetention.run(bed.system)).toMatchObject({ result: 'N/A' });
  const event = { tenant_id: 't1', event: 'old', id: 'same' };
  await ingestEvents(bed.system, 'http', [event]);
  bed.clock.advance(6 * day);
  await ingestEvents(bed.system, 'http', [{ tenant_id: 't1', event: 'newer' }]);
  expect(await expire(bed.system)).toEqual([]);
  expect(await days()).toEqual(['2026-01-01', '2026-01-07']);
  bed.clock.advance(2 * day);
  expect(await telemetryRetention.run(bed.system)).toMatchObject({
    result: 'FAIL',
    reason: expect.stringContaining('2026-01-01'),
  });
  expect(await expire(bed.system)).toEqual(['telemetry_event 2026-01-01']);
  expect(await telemetryRetention.run(bed.system)).toMatchObject({ result: 'PASS' });
  expect(await days()).toEqual(['2026-01-07']);
  expect(await bed.rows("select 1 from ledger_entry where type = 'telemetry.expired'")).toHaveLength(1);
  expect(await ingestEvents(bed.system, 'http', [event])).toMatchObject({ accepted: 1 });
  expect(await bed.rows("select 1 from telemetry_event where id = 'same'")).toHaveLength(1);
});

it('keeps thirty days in production, and as long as a retention policy in force says', async () => {
  expect(await keptDays(bed.system)).toBe(7);
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ENV: 'production' });
  expect(await keptDays(bed.system)).toBe(30);
  const content = {
    id: 'keep-short',
    kind: 'retention',
    scope: { regions: [], labels: {} },
    document: { defaultDays: 90, rules: [{ dataClass: 'internal', days: 3 }] },
    staleness: 'serve',
    expires: null,
  };
  bindPolicies(async () => [{ content, version: 1 } as unknown as Held]);
  expect(await keptDays(bed.system)).toBe(3);
  bindPolicies(async () => []);
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'true' });
});

it('finds personal data that got past the redactor', async () => {
  await ingestEvents(bed.system, 'http', [{ tenant_id: 't1', event: 'x', message: 'mail to ada@b.example' }]);
  expect(await telemetryRedaction.run(bed.system)).toMatchObject({ result: 'PASS' });
  const now = bed.clock.now();
  const batch = { id: crypto.randomUUID(), tenantId: 't1', sources: [], callers: [], at: now };
  await writeEvents(
    bed.database,
    [
      {
        tenantId: 't1',
        ts: now,
        id: 'leaked',
        keyed: false,
        receivedAt: now,
        event: 'e',
        severity: 1,
        service: null,
        region: null,
        message: 'mail to ada@b.example',
        templateId: null,
        traceId: null,
        attributes: '{}',
        source: 'http',
        simulated: true,
        batch: batch.id,
      },
    ],
    [batch],
  );
  expect(await telemetryRedaction.run(bed.system)).toMatchObject({ result: 'FAIL', evidence: ['leaked'] });
});
