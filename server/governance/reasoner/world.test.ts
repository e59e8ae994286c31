import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { pullWorld } from '#server/governance/observability/service/pull.ts';
import { pullMetrics } from '#server/governance/observability/service/pull-metrics.ts';
import { scoreDue } from '#server/governance/risk/service/loop.ts';
import { seedRules } from '#server/governance/risk/service.ts';
import { createCaller } from '#server/root.ts';
import type { FaultKind } from '#server/world/schema.ts';
import { appendWorldCommand } from '#server/world/state.ts';
import { contextInput } from './schema.ts';
import { seedContext } from './service.ts';

let bed: TestBed;
let serial = 0;
beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'true' });
  bed = await testBed();
  bed.clock.set(new Date('2026-11-03T10:00:00.000Z'));
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  await seedContext(bed.system, contextInput.parse({ tenant_id: 't1', id: 'c1', title: 'The last hour' }));
  await seedRules(bed.system);
});
afterAll(() => bed.close());

const calls = () => createCaller(bed.as(person('operator')));
const change = (command: Parameters<typeof appendWorldCommand>[1]) =>
  bed.database.write(bed.system.scope, tx => appendWorldCommand(tx, command, bed.clock.now()));
/** As the loops do: everything that was said and measured up to now, then a score. */
async function live(minutes: number) {
  for (let spent = 0; spent < minutes; spent += 15) {
    bed.clock.advance(Math.min(15, minutes - spent) * 60_000);
    await pullMetrics(bed.system);
  }
  await pullWorld(bed.system);
  await scoreDue(bed.system);
}
async function proposedFor(service: string) {
  const { id } = await calls().risks.latest({ tenant_id: 't1', service });
  return calls().proposals.propose({ tenant_id: 't1', context_id: 'c1', risk_id: id });
}

describe('what the console pulled from the world', () => {
  it.each<[FaultKind, string, number, string]>([
    ['bad-deploy', 'service-x', 6, 'rollback'],
    ['traffic-surge', 't1-web', 10, 'scale'],
    ['memory-leak', 'service-x', 45, 'restart'],
  ])(
    'is evidence: %s of %s is answered with what ends it, and the figures say so',
    async (fault, service, minutes, right) => {
      await live(60);
      const id = `f${++serial}`;
      await change({
        kind: 'fault.inject',
        id,
        fault,
        target: { kind: 'service', id: service },
        intensity: 0.8,
      });
      await live(minutes);
      const answer = await proposedFor(service);
      expect(answer).toMatchObject({ outcome: 'ranked', service });
      const [best] = answer.proposals;
      expect(best?.plan.steps[0]).toMatchObject({ action: right, target: service });
      const measured = best?.facts.filter(fact => fact.source === 'measure').map(fact => fact.ref) ?? [];
      for (const metric of ['cpu', 'memory', 'rps', 'error_ratio', 'latency_p95_ms', 'replicas'])
        expect(measured.some(ref => ref.startsWith(`${service}/${metric}@`))).toBe(true);
      expect(
        answer.trace.some(({ step, said }) => step === 'weigh' && said.includes('its metric agrees')),
      ).toBe(true);
      await change({ kind: 'fault.heal', id });
      await live(120);
    },
  );
});
