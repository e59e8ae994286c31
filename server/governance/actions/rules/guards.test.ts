import { describe, expect, it } from 'vitest';
import { defaultLimits, type GuardSetting, heldBack, limitsOf } from './guards.ts';

const now = new Date('2026-01-01T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const calm: GuardSetting = {
  tenantId: 't1',
  killed: false,
  killedBy: null,
  killedReason: null,
  hourlyTargets: null,
  flapLimit: null,
  flapMinutes: null,
};
const standing = { settings: [], freezes: [], orders: [], ahead: [] };

describe('what holds an action back', () => {
  it('is nothing where nobody set anything', () => {
    expect(heldBack(['a'], standing, now)).toBeNull();
  });

  it.each(['*', 't1'])('is the kill switch of %s, before everything else', tenantId => {
    const killed = { ...calm, tenantId, killed: true, killedBy: 'ada', killedReason: 'odd numbers' };
    expect(heldBack(['a'], { ...standing, settings: [killed] }, now)).toMatchObject({
      code: 'killed',
      why: expect.stringContaining('ada'),
    });
  });

  it('is a freeze, from its first moment until right before its end', () => {
    const freeze = { tenantId: 't1', startsAt: now.toISOString(), endsAt: ago(-60), reason: 'sale' };
    const at = (t: Date) => heldBack(['a'], { ...standing, freezes: [freeze] }, t)?.code;
    expect(at(new Date(now.getTime() - 1))).toBeUndefined();
    expect(at(now)).toBe('frozen');
    expect(at(new Date(Date.parse(freeze.endsAt) - 1))).toBe('frozen');
    expect(at(new Date(freeze.endsAt))).toBeUndefined();
  });

  it('is a target that was changed too often, until the first change is long enough ago', () => {
    const orders = [1, 5, 10, 29].map(m => ({ target: 'a', at: ago(m) }));
    const held = heldBack(['a'], { ...standing, orders }, now);
    expect(held).toMatchObject({ code: 'flapping', until: ago(29 - defaultLimits.flapMinutes) });
    expect(heldBack(['b'], { ...standing, orders }, now)).toBeNull();
    expect(heldBack(['a'], { ...standing, orders: orders.slice(0, 3) }, now)).toBeNull();
    const older = [1, 5, 10, 31].map(m => ({ target: 'a', at: ago(m) }));
    expect(heldBack(['a'], { ...standing, orders: older }, now)).toBeNull();
  });

  it('is the blast-radius budget, in which a target counts once an hour', () => {
    const orders = Array.from({ length: 10 }, (_, i) => ({ target: `s${i}`, at: ago(20) }));
    expect(heldBack(['new'], { ...standing, orders }, now)?.code).toBe('budget');
    expect(heldBack(['s3'], { ...standing, orders }, now)).toBeNull();
    const ahead = ['s9', 'next'];
    expect(heldBack(['new'], { ...standing, orders: orders.slice(0, 8) }, now)).toBeNull();
    expect(heldBack(['new'], { ...standing, orders: orders.slice(0, 8), ahead }, now)?.code).toBe('budget');
    expect(heldBack(['next'], { ...standing, orders: orders.slice(0, 8), ahead }, now)).toBeNull();
    expect(
      heldBack(['new'], { ...standing, orders: orders.map(o => ({ ...o, at: ago(61) })) }, now),
    ).toBeNull();
    const one = { ...calm, hourlyTargets: 1 };
    expect(heldBack(['x', 'y'], { ...standing, settings: [one] }, now)?.code).toBe('budget');
  });

  it('takes the stricter of a tenant’s limits and everybody’s', () => {
    const all = { ...calm, tenantId: '*', hourlyTargets: 5, flapLimit: 2, flapMinutes: 10 };
    const own = { ...calm, hourlyTargets: 8, flapLimit: 1, flapMinutes: 60 };
    expect(limitsOf([all, own])).toEqual({ hourlyTargets: 5, flapLimit: 1, flapMinutes: 60 });
    expect(limitsOf([])).toEqual(defaultLimits);
  });
});
