import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regionStates } from '../schema.ts';
import { differences } from './diff.ts';
import { type Life, listeningSince, nextState, usualSchedule } from './state.ts';

const life = (more: Partial<Life> = {}): Life => ({
  state: 'active',
  stateSince: 0,
  heardAt: 1000,
  aliveFrom: 0,
  lostAt: null,
  ...more,
});

describe('states by silence', () => {
  it.each([
    [5999, 'active'],
    [6000, 'degraded'],
    [10_999, 'degraded'],
    [11_000, 'unreachable'],
  ] as const)('at %i ms it is %s', (now, state) => {
    expect(nextState(life(), now)).toBe(state);
    expect(nextState(life({ state: 'degraded' }), now)).toBe(state);
  });

  it('a return after a loss is quarantined; whoever was never heard has not returned', () => {
    const away = life({ state: 'unreachable', stateSince: 11_000, lostAt: 1000 });
    expect(nextState(away, 20_000)).toBe('unreachable');
    expect(nextState({ ...away, heardAt: 20_000 }, 20_000)).toBe('quarantined');
    expect(nextState({ ...away, heardAt: 20_000, lostAt: null }, 20_000)).toBe('active');
  });

  it('nobody is taken for silent while nobody listened', () => {
    expect(nextState(life(), 100_000, 96_000)).toBe('active');
    expect(nextState(life(), 100_000, 90_000)).toBe('unreachable');
  });

  it('a watcher that stood still has heard nobody: its own gap is nobody’s silence', () => {
    expect(listeningSince(0, null, 50_000)).toBe(0);
    expect(listeningSince(0, 49_500, 50_000)).toBe(0);
    const after = listeningSince(0, 30_000, 50_000);
    expect(after).toBe(50_000);
    expect(nextState(life({ heardAt: 29_000 }), 50_000, after)).toBe('active');
    expect(nextState(life({ heardAt: 29_000 }), 60_000, listeningSince(after, 59_500, 60_000))).toBe(
      'unreachable',
    );
  });

  it('time alone never ends pending, quarantined or retired, never deletes, and never heals an absence', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...regionStates),
        fc.nat(1e6),
        fc.option(fc.nat(1e6)),
        fc.nat(1e6),
        fc.option(fc.nat(1e6)),
        fc.nat(2e6),
        (state, stateSince, heardAt, aliveFrom, lostAt, now) => {
          const next = nextState({ state, stateSince, heardAt, aliveFrom, lostAt }, now);
          expect(regionStates).toContain(next);
          if (['pending', 'quarantined', 'retired'].includes(state)) expect(next).toBe(state);
          if (state === 'unreachable' && lostAt !== null) expect(next).not.toBe('active');
          if (next === 'quarantined' && state !== 'quarantined') expect(state).toBe('unreachable');
          // Longer silence is never better.
          const order = ['active', 'degraded', 'unreachable'];
          const later = nextState({ state, stateSince, heardAt, aliveFrom, lostAt }, now + 1);
          if (order.includes(next) && state !== 'unreachable')
            expect(order.indexOf(later)).toBeGreaterThanOrEqual(order.indexOf(next));
        },
      ),
    );
  });

  it('the schedule is that of the specification', () => {
    expect(usualSchedule).toEqual({ degradedMs: 5000, unreachableMs: 10_000 });
  });
});

describe('differences', () => {
  it('names leaves that appeared, went or changed', () => {
    expect(
      differences({ a: 1, b: { c: [1], d: 'x' } }, { b: { c: [1, 2], d: 'x' }, e: null, f: true }),
    ).toEqual([
      { what: 'a', before: 1, after: null },
      { what: 'b, c', before: [1], after: [1, 2] },
      { what: 'f', before: null, after: true },
    ]);
  });
  it('a view against itself has none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(differences(value as never, value as never)).toEqual([]);
      }),
    );
  });
});
