import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorld } from '#server/world/world.ts';
import { checksOf, lastDue, noticed, rehearse, verdictOf } from './game-day.ts';
import { quietTarget, scenarios } from './scenarios.ts';

const start = Date.parse('2026-11-03T10:00:00.000Z');
const policies = { P1: 'PASS', P7: 'BLOCKED' };
const run = (s: (typeof scenarios)[number], world = createWorld(undefined, [], { quiet: true })) =>
  rehearse(
    world,
    s,
    { id: 'g', target: s.target, intensity: s.intensity, minutes: s.minutes },
    start,
    policies,
  );

it('the library has the nine faults of a game day', () => {
  expect(scenarios.filter(s => s.gameDay).map(s => s.id)).toEqual([
    'region-loss',
    'replication-stall',
    'vault-drift',
    'policy-tamper',
    'registry-corruption',
    'traffic-surge',
    'cost-spike',
    'slow-metrics',
    'clock-skew',
  ]);
});

describe.each(scenarios.map(s => [s.id, s] as const))('%s', (_id, scenario) => {
  it('shows, is noticed, stays where it is aimed at, and is over when it is healed', () => {
    const checks = checksOf(scenario, run(scenario));
    expect(checks.filter(c => c.ok !== true)).toEqual([]);
    expect(verdictOf(checks)).toBe('pass');
  });

  it('fails when it is not healed', () => {
    const record = run(scenario);
    const stuck = { ...record, after: record.during };
    expect(verdictOf(checksOf(scenario, stuck))).toBe('fail');
  });

  it('fails when nobody notices', () => {
    expect(verdictOf(checksOf(scenario, { ...run(scenario), noticed: null }))).toBe('fail');
  });
});

it('is noticed at whatever millisecond it begins', () => {
  const world = createWorld(undefined, [], { quiet: true });
  const scenario = scenarios.find(s => s.id === 'registry-corruption') ?? expect.fail();
  const late = Array.from({ length: 2000 }, (_, n) => start + n * 29).filter(t => {
    const broken = world.with(
      { kind: 'fault.inject', id: 'g', fault: scenario.id, target: scenario.target, intensity: 1 },
      t,
    );
    return (noticed(broken, scenario, scenario.target, t, t + 1000)?.seconds ?? Infinity) > 0;
  });
  expect(late).toEqual([]);
});

it('a policy that got worse fails it, and what was not measured leaves it open', () => {
  const [scenario = expect.fail()] = scenarios;
  const record = run(scenario);
  const after = (changed: Record<string, string>) =>
    record.after && { ...record, after: { ...record.after, policies: changed } };
  expect(verdictOf(checksOf(scenario, after({ P1: 'FAIL', P7: 'BLOCKED' }) ?? record))).toBe('fail');
  expect(verdictOf(checksOf(scenario, after({ P1: 'PASS', P7: 'PASS' }) ?? record))).toBe('pass');
  expect(verdictOf(checksOf(scenario, { ...record, after: null }))).toBe('inconclusive');
});

it('a schedule was last due within the past week, on its day and at its time', () => {
  fc.assert(
    fc.property(
      fc.record({ weekday: fc.nat(6), hour: fc.nat(23), minute: fc.nat(59) }),
      fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
      (schedule, now) => {
        const due = lastDue(schedule, now);
        expect(due <= now && now.getTime() - due.getTime() < 7 * 86_400_000).toBe(true);
        expect([due.getUTCDay(), due.getUTCHours(), due.getUTCMinutes()]).toEqual([
          schedule.weekday,
          schedule.hour,
          schedule.minute,
        ]);
      },
    ),
  );
});

it('practises elsewhere when something is wrong at the usual place', () => {
  const calm = createWorld(undefined, [], { quiet: true });
  const surge = scenarios.find(s => s.id === 'traffic-surge') ?? expect.fail();
  expect(quietTarget(calm, surge, start)).toEqual(surge.target);
  const hit = calm.with(
    { kind: 'fault.inject', id: 'x', fault: 'bad-deploy', target: surge.target, intensity: 1 },
    start - 60_000,
  );
  const other = quietTarget(hit, surge, start);
  expect(other.kind).toBe('service');
  expect(other.id).not.toBe(surge.target.id);
  const whole = calm.with({ kind: 'region.fail', region: 'eu-west' }, start - 60_000);
  expect(whole.service(quietTarget(whole, surge, start).id)?.region).not.toBe('eu-west');
});
