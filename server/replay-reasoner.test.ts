import { describe, expect, it } from 'vitest';
import { caseOf, draftOf, signsOf } from './governance/simulation/rules/replay.ts';
import { proposeAsThen } from './replay-reasoner.ts';
import type { FaultKind } from './world/schema.ts';
import { createWorld } from './world/world.ts';

const start = Date.parse('2026-11-03T10:00:00.000Z');
const calm = createWorld(undefined, [], { quiet: true });
const service = calm.service('service-x') ?? expect.fail();
const policy = draftOf({
  tiers: { low: 'auto', medium: 'auto', high: 'approve', critical: 'deny' },
  actions: {},
  globalThreshold: 0,
  dryRunIn: [],
});

describe('the console’s reasoner on history', () => {
  it.each([
    ['bad-deploy', 'rollback'],
    ['traffic-surge', 'scale'],
    ['memory-leak', 'restart'],
  ] as const)('answers %s with what helps', (fault: FaultKind, action) => {
    const world = calm.with(
      { kind: 'fault.inject', id: 'f', fault, target: { kind: 'service', id: service.id }, intensity: 0.8 },
      start,
    );
    const [sign] = signsOf(world, service, start, start + 60 * 60_000);
    const proposed = proposeAsThen(sign ?? expect.fail());
    expect(proposed?.step).toMatchObject({ action, target: 'service-x' });
    expect(caseOf(world, policy, sign ?? expect.fail(), proposed ?? expect.fail())).toMatchObject({
      outcome: 'save',
      decision: 'allow',
    });
  });

  it('proposes nothing where nothing speaks for a cause', () => {
    const world = calm.with(
      {
        kind: 'fault.inject',
        id: 'f',
        fault: 'bad-deploy',
        target: { kind: 'service', id: service.id },
        intensity: 0.8,
      },
      start,
    );
    const [sign = expect.fail()] = signsOf(world, service, start, start + 60 * 60_000);
    expect(proposeAsThen({ ...sign, events: [] })).toBeNull();
  });
});
