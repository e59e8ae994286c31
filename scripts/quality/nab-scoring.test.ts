import { describe, expect, it } from 'vitest';
import { developmentHalf } from '../../bench/quality/nab/run.ts';
import {
  normalised,
  optimise,
  positions,
  probation,
  profiles,
  scoreAt,
} from '../../bench/quality/nab/scoring.ts';

const [standard] = profiles;
const profile = standard ?? { name: 'standard' as const, tp: 1, fp: 0.11, fn: 1 };
const times = Array.from({ length: 100 }, (_, i) => `t${i}`);
const labelled = (windows: [number, number][]) => ({
  file: 'x',
  timestamps: times,
  windows: windows.map(([a, b]) => [`t${a}`, `t${b}`] as const),
});
const alarm = (...at: number[]) => times.map((_, i) => (at.includes(i) ? 1 : 0));
const score = (windows: [number, number][], ...at: number[]) =>
  scoreAt({ at: positions(labelled(windows)), scores: alarm(...at) }, 0.5, profile).score;
const sigmoid = (x: number) => 2 / (1 + Math.exp(5 * x)) - 1;

describe('the scoring of the Numenta benchmark', () => {
  it('gives a whole point for the left edge of a window, and less the later it is found', () => {
    expect(score([[40, 59]], 40)).toBeCloseTo(1, 12);
    expect(score([[40, 59]], 50)).toBeCloseTo(sigmoid(-0.5) / sigmoid(-1), 12);
    expect(score([[40, 59]], 59)).toBeGreaterThan(0);
  });
  it('counts the first finding of a window only', () => {
    expect(score([[40, 59]], 40, 45, 59)).toBe(score([[40, 59]], 40));
  });
  it('takes a point for a window that nothing found', () => expect(score([[40, 59]])).toBe(-1));
  it('charges an alarm outside, the less the closer it follows a window', () => {
    expect(score([[40, 59]], 40, 20)).toBeCloseTo(1 - 0.11, 12);
    expect(score([[40, 59]], 40, 64)).toBeCloseTo(1 + 0.11 * sigmoid(5 / 19), 12);
    expect(score([[20, 24]], 20, 90)).toBeCloseTo(1 - 0.11, 12);
  });
  it('does not look at the first stretch', () => {
    expect(probation(100)).toBe(15);
    expect(probation(20_000)).toBe(750);
    expect(score([[40, 59]], 40, 3, 14)).toBeCloseTo(1, 12);
    expect(score([[40, 59]], 40, 15)).toBeCloseTo(1 - 0.11, 12);
  });
  it('chooses the threshold that is worth most, and finds what scoring at it gives', () => {
    const scores = times.map((_, i) => (i === 42 ? 0.9 : i === 20 || i === 80 ? 0.5 : (i % 7) / 100));
    const file = { at: positions(labelled([[40, 59]])), scores };
    const best = optimise([file], profile);
    expect(best.threshold).toBe(0.9);
    expect(scoreAt(file, best.threshold, profile).score).toBeCloseTo(best.score, 12);
  });
  it('is 0 for finding nothing and 100 for finding everything at once', () => {
    expect(normalised(-2, 2, profile)).toBe(0);
    expect(normalised(2, 2, profile)).toBe(100);
  });
  it('refuses a window that is not in the data', () => {
    expect(() => positions({ ...labelled([]), windows: [['t5', 'nowhere']] })).toThrow(/not in the data/);
  });
});

it('the development half is every second file of each kind', () => {
  expect(developmentHalf(['a/1', 'a/2', 'b/1', 'a/3', 'b/2'].map(file => ({ file })))).toEqual([
    true,
    false,
    true,
    true,
    false,
  ]);
});
