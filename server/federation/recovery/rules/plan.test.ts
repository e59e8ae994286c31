import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DrillRow, SnapshotRow } from '../schema.ts';
import { dueNow, everyMs, judge, toForget, usualObjectives } from './plan.ts';

const hour = 3_600_000;
const at = (ms: number) => new Date(ms).toISOString();
const snapshot = (ms: number, more: Partial<SnapshotRow> = {}) =>
  ({ id: `s${ms}`, state: 'complete', startedAt: at(ms), provenAt: null, ...more }) as SnapshotRow;

describe('what is due', () => {
  const { snapshot: every } = everyMs(usualObjectives);
  it('a first snapshot at once, the next at half of the strictest objective', () => {
    expect(every).toBe(hour / 2);
    expect(dueNow([], null, usualObjectives, 0)).toEqual({ snapshot: true, drill: null });
    expect(dueNow([snapshot(0)], 0, usualObjectives, every - 1).snapshot).toBe(false);
    expect(dueNow([snapshot(0)], 0, usualObjectives, every).snapshot).toBe(true);
  });
  it('one that failed counts for nothing, one that is under way counts', () => {
    expect(dueNow([snapshot(0, { state: 'failed' })], null, usualObjectives, 1)).toEqual({
      snapshot: true,
      drill: null,
    });
    expect(dueNow([snapshot(0, { state: 'taking' })], null, usualObjectives, 1)).toEqual({
      snapshot: false,
      drill: null,
    });
  });
  it('a drill of the newest complete one, when none was or the last is old', () => {
    const rows = [snapshot(2 * hour), snapshot(hour)];
    expect(dueNow(rows, null, usualObjectives, 2 * hour).drill).toBe(`s${2 * hour}`);
    expect(dueNow(rows, hour, usualObjectives, 2 * hour).drill).toBeNull();
    expect(dueNow(rows, hour, usualObjectives, 7 * hour).drill).toBe(`s${2 * hour}`);
  });
});

it('retention never takes the newest, nor the newest that was proven', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 90 * 24 }), { minLength: 1, maxLength: 120 }),
      fc.nat(),
      (hours, pick) => {
        const now = 90 * 24 * hour;
        const proven = hours[pick % hours.length];
        const rows = hours.map(h => snapshot(h * hour, h === proven ? { provenAt: at(now) } : {}));
        const gone = toForget(rows, now);
        expect(gone).not.toContain(`s${Math.max(...hours) * hour}`);
        expect(gone).not.toContain(`s${(proven ?? 0) * hour}`);
        expect(rows.length - gone.length).toBeLessThanOrEqual(24 + 15 + 1);
        if (rows.length <= 24) expect(gone).toEqual([]);
      },
    ),
  );
});

it('what is not known is not met, and what was measured stands beside its objective', () => {
  const [critical] = usualObjectives;
  if (!critical) throw new Error('critical');
  const blank = judge(critical, null, null, 0);
  expect([blank.rpo.met, blank.rto.met, blank.proof.met]).toEqual([false, false, false]);
  expect(blank.proof.said).toContain('Unproven');
  const drill = { startedAt: at(0), durationMs: 4_000, passed: true } as DrillRow;
  const seen = judge(critical, snapshot(0), drill, hour);
  expect([seen.rpo.met, seen.rto.met, seen.proof.met]).toEqual([true, true, true]);
  expect(seen.rto.said).toBe('The last proven restore took 4 s, of 5 min');
  expect(judge(critical, snapshot(0), drill, hour + 1_000).rpo.met).toBe(false);
  expect(judge(critical, snapshot(0), { ...drill, durationMs: 301_000 }, hour).rto.met).toBe(false);
  expect(judge(critical, snapshot(0), drill, 12 * hour + 1_000).proof.met).toBe(false);
});
