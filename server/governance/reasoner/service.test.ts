import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runControl } from '#kernel/controls/define.ts';
import { tenantScope } from '#kernel/trpc/scope.ts';
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
import { seedRules, seedScores } from '#server/governance/risk/service.ts';
import { createCaller } from '#server/root.ts';
import { everyClaimCited, inferenceBudget } from './controls.ts';
import { simulatedModel } from './gateway.simulated.ts';
import type { ModelGateway } from './gateway.ts';
import { proposalJobs } from './jobs.ts';
import { contextInput } from './schema.ts';
import { enrichDecision, ModelAway } from './service/enrich.ts';
import { measureRealised } from './service/realise.ts';
import { seedContext } from './service.ts';

let bed: TestBed;
let serial = 0;

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await registerTestRegion(bed, { name: 'us-east', country: 'US' });
  for (const [id, environment] of [
    ['t1', 'simulation'],
    ['other', 'simulation'],
    ['real', 'production'],
  ] as const) {
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment, homeRegion: 'eu-west' }),
    );
    await seedContext(bed.system, contextInput.parse({ tenant_id: id, id: 'c1', title: 'The last hour' }));
  }
  await seedRules(bed.system);
  await seedScores(bed.system, ['t1', 'other']);
});
afterAll(() => bed.close());
beforeEach(() => {
  // Nothing of the test before is in the window of the next one.
  bed.clock.advance(24 * 3_600_000);
});

const as = (who: Parameters<TestBed['as']>[0]) => createCaller(bed.as(who));
const ask = { tenant_id: 't1', context_id: 'c1', risk_id: 'r1' };

async function send(event: string, severity = 'high', change: Record<string, unknown> = {}) {
  const id = `ev-${++serial}`;
  await as(person('operator')).telemetry.ingest({
    events: [
      {
        tenant_id: 't1',
        event,
        severity,
        service: 'service-x',
        id,
        ts: bed.clock.now().toISOString(),
        ...change,
      },
    ],
  } as never);
  bed.clock.advance(1000);
  return id;
}
