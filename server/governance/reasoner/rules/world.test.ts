import { describe, expect, it } from 'vitest';
import { worldEvidence, worldProposals } from '#scripts/testing/world-evidence.ts';
import type { FaultKind, FaultTargetKind } from '#server/world/schema.ts';
import { createWorld } from '#server/world/world.ts';

/** What the world itself says and measures, ranked: an API, a web service, a database, a single replica and a large one. */
const services = ['service-x', 't1-web', 't1-db', 'test-api', 'acme-checkout', 'delta-sessions'];
const minute = 60_000;
const start = Date.parse('2026-11-03T10:00:00.000Z');
const calm = createWorld(undefined, [], { quiet: true });

const cases = (ages: readonly number[]) =>
  services.flatMap(service =>
    [0.45, 0.7, 0.95].flatMap(intensity =>
      [0, 9].flatMap(hour => ages.map(age => ({ service, intensity, hour, age }))),
    ),
  );
type Case = ReturnType<typeof cases>[number];
const suffering = (
  fault: FaultKind,
  id: string,
  { intensity, hour, age }: Omit<Case, 'service'>,
  kind: FaultTargetKind,
) => {
  const from = start + hour * 60 * minute;
  return {
    world: calm.with({ kind: 'fault.inject', id: 'f', fault, target: { kind, id }, intensity }, from),
    at: from + age * minute,
  };
};
const words = (c: Case, got: string) =>
  `${c.service}, intensity ${c.intensity}, +${c.hour} h, after ${c.age} min: ${got}`;

describe('on what the world says and measures', () => {
  it.each<[FaultKind, number[], string]>([
    ['bad-deploy', [4, 10, 25], 'rollback'],
    ['traffic-surge', [4, 10, 25], 'scale'],
    ['memory-leak', [30, 60, 120], 'restart'],
  ])('%s is answered with what ends it', (fault, ages, right) => {
    const wrong: string[] = [];
    for (const c of cases(ages)) {
      const { world, at } = suffering(fault, c.service, c, 'service');
      const { proposals, reason } = worldProposals(world, c.service, at);
      const step = proposals[0]?.plan.steps[0];
      const more = step?.action !== 'scale' || step.params.replicas > world.serviceAt(c.service, at).replicas;
      if (step?.action !== right || !more || step.target !== c.service)
        wrong.push(words(c, proposals[0]?.title ?? reason ?? 'nothing'));
    }
    expect(wrong).toEqual([]);
  });

  it('what costs more with no more replicas than it needs moves nothing, and else fewer are proposed', () => {
    for (const c of cases([4, 25])) {
      const { world, at } = suffering('cost-spike', c.service, c, 'service');
      for (const { plan } of worldProposals(world, c.service, at).proposals)
        for (const step of plan.steps) {
          expect(step.action).toBe('scale');
          if (step.action === 'scale')
            expect(step.params.replicas).toBeLessThan(world.serviceAt(c.service, at).replicas);
        }
    }
  });

  it.each<[FaultKind, string | null]>([
    ['region-loss', 'failover'],
    ['vault-drift', 'rotate-keys'],
    // The world names no policy, and nothing of the catalogue mends the others.
    ['policy-tamper', null],
    ['registry-corruption', null],
    ['replication-stall', null],
    ['slow-metrics', null],
    ['clock-skew', null],
  ])('%s of a region is answered with %s', (fault, right) => {
    for (const age of [4, 12]) {
      const { world, at } = suffering(fault, 'eu-west', { intensity: 0.9, hour: 0, age }, 'region');
      const { proposals, outcome } = worldProposals(world, 'service-x', at);
      expect(proposals[0]?.plan.steps[0]?.action ?? null).toBe(right);
      expect(outcome).toBe(right === null ? 'insufficient_evidence' : 'ranked');
    }
  });

  it('a calm day gives no reason to act', () => {
    for (const service of services)
      for (const hour of [0, 6, 12, 18])
        expect(worldProposals(calm, service, start + hour * 60 * minute).proposals).toEqual([]);
  });

  it('what is measured speaks for and against: without it a surge’s errors are taken for faulty processes', () => {
    const { world, at } = suffering(
      'traffic-surge',
      'acme-checkout',
      { intensity: 0.7, hour: 0, age: 10 },
      'service',
    );
    const evidence = worldEvidence(world, 'acme-checkout', at);
    expect(Object.keys(evidence.measures)).toEqual(
      expect.arrayContaining(['cpu', 'memory', 'rps', 'error_ratio', 'latency_p95_ms', 'replicas']),
    );
    const trace = worldProposals(world, 'acme-checkout', at).trace.map(step => step.said);
    expect(trace.find(said => said.startsWith('overload'))).toContain('its metric agrees');
    expect(trace.find(said => said.startsWith('faulty-process'))).toContain('its metric disagrees');
  });
});
