import { describe, expect, it } from 'vitest';
import { actionPlanSchema } from '#kernel/actions/plan.ts';
import { createWorld, type World } from '#server/world/world.ts';
import { trySandboxOn } from './sandbox.ts';

const minute = 60_000;
const start = Date.parse('2026-11-03T10:00:00.000Z');
const now = start + 20 * minute;
const plan = (...steps: object[]) => actionPlanSchema.parse({ tenantId: 't1', steps });
const scale = plan({ action: 'scale', target: 'service-x', params: { replicas: 6 } });
const rollback = plan({ action: 'rollback', target: 'service-x', params: {} });
const calm = createWorld(undefined, [], { quiet: true });
const withFault = (fault: 'traffic-surge' | 'bad-deploy'): World =>
  calm.with(
    { kind: 'fault.inject', id: 'f', fault, target: { kind: 'service', id: 'service-x' }, intensity: 0.8 },
    start,
  );
const of = (result: ReturnType<typeof trySandboxOn>, metric: string) =>
  result.services.find(s => s.service === 'service-x' && s.metric === metric) ?? expect.fail();

describe('a plan tried on a copy of the world', () => {
  it('scaling under a surge lowers load and errors, and says what it costs', () => {
    const result = trySandboxOn(withFault('traffic-surge'), scale, now, 15);
    expect(of(result, 'cpu').after?.mean).toBeLessThan((of(result, 'cpu').before?.mean ?? 0) - 0.2);
    expect(result.after.performance).toBeLessThan(result.before.performance - 20);
    expect(result.after.reliability).toBeLessThan(result.before.reliability - 20);
    expect(result.costPerDay.after).toBeGreaterThan(result.costPerDay.before);
    expect(result.scorecard.verdict).toBe('pass');
    expect(result.ends).toEqual([]);
  });

  it('a rollback ends a bad deployment; scaling does not', () => {
    const bad = withFault('bad-deploy');
    const back = trySandboxOn(bad, rollback, now, 15);
    expect(back.ends).toEqual([{ id: 'f', fault: 'bad-deploy', target: 'service-x' }]);
    expect(back.after.reliability).toBeLessThan(10);
    const more = trySandboxOn(bad, scale, now, 15);
    expect(more.ends).toEqual([]);
    expect(more.after.reliability).toBeGreaterThan(50);
  });

  it('what makes things worse fails', () => {
    const surge = withFault('traffic-surge').with(
      { kind: 'service.scale', service: 'service-x', replicas: 8 },
      start,
    );
    const fewer = plan({ action: 'scale', target: 'service-x', params: { replicas: 1 } });
    const result = trySandboxOn(surge, fewer, now, 15);
    expect(result.scorecard.verdict).not.toBe('pass');
    expect(result.after.reliability).toBeGreaterThan(result.before.reliability);
  });

  it('leaves the world as it is, and says what has no effect', () => {
    const world = withFault('traffic-surge');
    const result = trySandboxOn(world, plan({ action: 'dryrun', target: 'service-x', params: {} }), now, 15);
    expect(result.withoutEffect).toHaveLength(1);
    expect(result.before).toEqual(result.after);
    expect(world.commands).toHaveLength(1);
  });

  it('refuses what is not there and what belongs to somebody else', () => {
    for (const target of ['nothing', 'acme-checkout'])
      expect(
        trySandboxOn(calm, plan({ action: 'restart', target, params: {} }), now, 15).refused,
      ).toHaveLength(1);
  });

  it('a failover leaves a lost region', () => {
    const lost = calm.with({ kind: 'region.fail', region: 'eu-west' }, start);
    const over = plan({ action: 'failover', target: 'eu-west', params: { toRegion: 'us-east' } });
    const result = trySandboxOn(lost, over, now, 15);
    expect(result.before.reliability).toBe(100);
    // Its database hands over, which takes minutes.
    expect(result.after.reliability).toBeLessThan(70);
    expect(of(result, 'cpu').before).toBeNull();
    expect(of(result, 'cpu').after).not.toBeNull();
  });
});
