import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { telemetryLoops } from '#server/governance/observability/jobs.ts';
import { createCaller } from '#server/root.ts';
import { riskLoops } from './jobs.ts';
import { seedRules } from './service.ts';

const minute = 60_000;
const service = 't1-db';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  bed.clock.set(new Date('2026-11-18T12:00:20.000Z'));
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  await seedRules(bed.system);
  // What was said in the two days before is not needed here; what is said from now on is.
  await bed.rows(
    `insert into telemetry_source (id, kind, title, simulated, cursor, pulled, errors, updated_at)
     values ('world', 'events', 'Simulated world', true, $1, 0, 0, now())`,
    [String(bed.clock.now().getTime())],
  );
});
afterAll(() => bed.close());

/** One round of what the workers do all the time. */
async function round() {
  for (const loop of [...telemetryLoops, ...riskLoops])
    if (loop.needed?.() ?? true) await loop.run({ ctx: bed.system, signal: AbortSignal.timeout(300_000) });
}

const contributions = async () =>
  (
    await createCaller(bed.as(simulationPrincipal)).risks.latest({ tenant_id: 't1', service })
  ).contributions.map(c => c.feature);

it('sees a slow leak before any limit is reached, from series alone', { timeout: 300_000 }, async () => {
  await round();
  for (let i = 0; i < 5; i++) {
    bed.clock.advance(minute);
    await round();
    expect(await contributions()).toEqual([]);
  }
  const target = { kind: 'service', id: service } as const;
  await createCaller(bed.as(person('operator'))).simulations.injectFault({
    fault: 'memory-leak',
    target,
    intensity: 0.4,
  });
  let minutes = 0;
  for (; minutes < 30 && (await contributions()).length === 0; minutes++) {
    bed.clock.advance(minute);
    await round();
  }
  // No rule of events speaks: memory is far below the limit at which the service itself would say something.
  expect(await contributions()).toEqual(['rule:anomalous-memory']);
  const [signal] = await bed.rows<{ value: number; expected: number }>(
    "select value, expected from risk_signal where service = $1 and metric = 'memory'",
    [service],
  );
  expect(signal?.value).toBeLessThan(0.88);
  expect(
    await bed.rows(
      "select 1 from governance_risks where service = $1 and contributions::text like '%anomalous-memory%'",
      [service],
    ),
  ).not.toHaveLength(0);
});
