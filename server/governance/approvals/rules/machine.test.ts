import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expression } from '#kernel/approvals/expression.ts';
import { type Case, type Order, step } from './machine.ts';
import { concerns, satisfied, type Voter } from './quorum.ts';

const people: Voter[] = [
  { id: 'ada', name: 'ada', roles: ['approver'], active: true },
  { id: 'ben', name: 'ben', roles: ['approver', 'admin'], active: true },
  { id: 'cyd', name: 'cyd', roles: ['admin'], active: true },
  { id: 'dov', name: 'dov', roles: ['operator'], active: true },
];
const expression: Expression = {
  all: [
    { role: 'approver', count: 1 },
    { role: 'admin', count: 1 },
  ],
};
const fresh = (): Case => ({
  state: 'pending',
  digest: 'd1',
  expression,
  global: false,
  requester: 'user:dov',
  excluded: ['dov'],
  expiresAt: 1000,
  remindAt: 300,
  escalateAt: 600,
  releaseMs: 200,
  releaseBy: null,
  breakGlass: false,
  lastAt: 0,
  approvals: [],
});

/** What is remembered beside the machine: written as plainly as the specification, not as the machine is. */
interface Model {
  clock: number;
  latest: number;
  roles: Map<string, Voter>;
  yes: Set<string>;
  spent: number;
  end: string | null;
}
interface Real {
  current: Case;
}

let steps = 0;

class Do implements fc.Command<Model, Real> {
  readonly what: string;
  readonly who: number;
  readonly by: number;
  constructor(what: string, who: number, by: number) {
    this.what = what;
    this.who = who;
    this.by = by;
  }
  check = () => true;
  toString = () => `${this.what}(${people[this.who]?.id}, ${this.by})`;
  run(model: Model, real: Real): void {
    steps += 1;
    const voter = model.roles.get(people[this.who]?.id ?? '') as Voter;
    const before = real.current;
    if (this.what === 'clock') {
      model.clock = Math.max(0, model.clock + this.by);
      return;
    }
    if (this.what === 'suspend' || this.what === 'restore') {
      model.roles.set(voter.id, { ...voter, active: this.what === 'restore' });
      return;
    }
    const known = [...model.roles.values()];
    const order = {
      approve: { do: 'approve', approver: voter, authority: voter, known },
      deny: { do: 'deny', approver: voter, authority: voter },
      withdraw: { do: 'withdraw', by: `user:${voter.id}` },
      tick: { do: 'tick' },
      void: { do: 'void' },
      check: { do: 'check', digest: this.by % 2 ? 'd1' : 'edited', known },
      spend: { do: 'spend', digest: this.by % 7 ? 'd1' : 'edited' },
      glass: { do: 'break_glass', by: voter, named: ['cyd'], ttlMs: 50, reviewOwed: this.by % 2 === 0 },
    }[this.what] as Order;
    const result = step(before, order, model.clock);
    model.latest = Math.max(model.latest, model.clock);
    const at = Math.max(model.clock, before.lastAt);
    if (result.ok) real.current = result.next;
    const now = real.current;

    // The end is final, and nothing is spent twice.
    if (model.end !== null) {
      expect(now.state).toBe(model.end);
      if (order.do !== 'tick') expect(result.ok).toBe(false);
    }
    if (order.do === 'spend' && result.ok) {
      model.spent += 1;
      expect(before.state).toBe('approved');
      expect(order.digest).toBe('d1');
      expect(at).toBeLessThan(before.releaseBy ?? 0);
    }
    expect(model.spent).toBeLessThanOrEqual(1);
    // Time does not run backwards, and late answers do not count.
    expect(now.lastAt).toBeGreaterThanOrEqual(before.lastAt);
    if (result.ok && (order.do === 'approve' || order.do === 'deny' || order.do === 'break_glass')) {
      expect(before.state).toBe('pending');
      expect(at).toBeLessThan(before.expiresAt);
    }
    if (order.do === 'approve' && result.ok) {
      expect(voter.id).not.toBe('dov');
      expect(voter.active && concerns(expression, voter)).toBe(true);
      expect(model.yes.has(voter.id)).toBe(false);
      model.yes.add(voter.id);
    }
    if (order.do === 'check' && result.ok && !before.breakGlass) {
      const standing = [...model.yes].map(id => model.roles.get(id) as Voter).filter(v => v.active);
      expect(satisfied(expression, standing, false)).toBe(true);
      expect(order.digest).toBe('d1');
    }
    if (now.state === 'approved' && before.state === 'pending') {
      if (order.do === 'break_glass') expect(voter.id).toBe('cyd');
      else expect(model.yes.size).toBeGreaterThanOrEqual(2);
      expect(now.releaseBy).toBeGreaterThan(at);
    }
    if (order.do === 'withdraw' && result.ok) expect(voter.id).toBe('dov');
    if (['released', 'denied', 'expired', 'withdrawn', 'voided', 'failed'].includes(now.state))
      model.end = now.state;
  }
}

describe('the life of a request, by a model', () => {
  it('holds for at least 5,000 generated steps', () => {
    steps = 0;
    const orders = fc
      .tuple(
        fc.constantFrom(
          ...['approve', 'approve', 'approve', 'deny', 'withdraw', 'tick', 'void', 'check', 'spend', 'spend'],
          ...['glass', 'clock', 'clock', 'suspend', 'restore'],
        ),
        fc.nat(3),
        fc.integer({ min: -150, max: 250 }),
      )
      .map(([what, who, by]) => new Do(what, who, by));
    const ends = new Map<string, number>();
    fc.assert(
      fc.property(fc.commands([orders], { maxCommands: 60, size: 'max' }), commands => {
        const real = { current: fresh() };
        const roles = new Map(people.map(voter => [voter.id, voter]));
        const model = { clock: 0, latest: 0, roles, yes: new Set<string>(), spent: 0, end: null };
        fc.modelRun(() => ({ model, real }), commands);
        ends.set(real.current.state, (ends.get(real.current.state) ?? 0) + 1);
      }),
      { numRuns: 600, seed: 20261121 },
    );
    expect(steps).toBeGreaterThanOrEqual(5000);
    // The walk went everywhere, so that what held did not hold for want of trying.
    for (const state of ['released', 'denied', 'expired', 'withdrawn', 'voided'])
      expect(ends.get(state) ?? 0).toBeGreaterThan(0);
  });
});

describe('time', () => {
  it('reminds and escalates once each, and expires at the end, which counts as denied', () => {
    const reminded = step(fresh(), { do: 'tick' }, 300);
    expect(reminded).toMatchObject({ ok: true, effects: ['remind'], next: { remindAt: null } });
    if (!reminded.ok) return;
    const again = step(reminded.next, { do: 'tick' }, 599);
    expect(again).toMatchObject({ effects: [] });
    expect(step(reminded.next, { do: 'tick' }, 600)).toMatchObject({ effects: ['escalate'] });
    expect(step(reminded.next, { do: 'tick' }, 1000)).toMatchObject({ next: { state: 'expired' } });
  });

  it('gives nothing back when the clock steps backwards', () => {
    const seen = step(fresh(), { do: 'tick' }, 1000);
    const late = { ...fresh(), lastAt: 1000 };
    const [ada] = people;
    if (!ada || !seen.ok) throw new Error('unreachable');
    for (const current of [seen.next, late])
      expect(
        step(current, { do: 'approve', approver: ada, authority: ada, known: people }, 10),
      ).toMatchObject({
        ok: false,
        why: 'expired',
      });
  });
});
