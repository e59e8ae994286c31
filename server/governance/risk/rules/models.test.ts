import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brier, calibrationError, isotonic, probabilityOf, reliability } from './calibrate.ts';
import { type DetectorState, judge } from './detector.ts';
import { fitEnsemble, rawScore } from './ensemble.ts';
import { rounded, type WatchState, watch } from './minutes.ts';

const minute = 60_000;
const start = Date.UTC(2026, 0, 5);

function run(values: readonly number[], stepMs = 5 * minute) {
  let state: DetectorState | null = null;
  const scores: number[] = [];
  for (const [i, value] of values.entries()) {
    const judged = judge(state, { at: start + i * stepMs, value });
    state = judged.state;
    scores.push(judged.score);
  }
  return { scores, state };
}
/** Days of a wave with a little noise that is always the same. */
const wave = (n: number) =>
  Array.from({ length: n }, (_, i) => {
    const noise = Math.sin(i * 12.9898) * 43758.5453;
    return 10 + 4 * Math.sin((2 * Math.PI * i) / 288) + 0.3 * (noise - Math.floor(noise) - 0.5);
  });

describe('the detector', () => {
  it('finds a spike, a fall and a shift in a wave, and nothing in the wave', () => {
    const quiet = run(wave(2000)).scores;
    expect(Math.max(...quiet.slice(600))).toBeLessThan(0.2);
    const with_ = (change: (value: number, i: number) => number) => run(wave(2000).map(change)).scores;
    const at = (scores: number[]) => Math.max(...scores.slice(1500, 1530));
    expect(at(with_((v, i) => (i === 1500 ? v + 12 : v)))).toBeGreaterThan(0.4);
    expect(at(with_((v, i) => (i >= 1500 && i < 1530 ? 0 : v)))).toBeGreaterThan(0.4);
    expect(at(with_((v, i) => (i >= 1500 ? v + 8 : v)))).toBeGreaterThan(0.4);
  });

  it('reports the same thing less when it goes on', () => {
    const scores = run(wave(2000).map((v, i) => (i >= 1500 && i < 1600 && i % 10 === 0 ? v + 12 : v))).scores;
    const reports = scores.slice(1500, 1600).filter(score => score > 0.3);
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.length).toBeLessThan(4);
  });

  it('is causal: what comes later changes no score before it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 300 }),
        values => {
          const cut = Math.floor(values.length / 2);
          expect(run(values).scores.slice(0, cut)).toEqual(run(values.slice(0, cut)).scores);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('scores between 0 and 1, whatever comes, and keeps no more after more points', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 400 }), values => {
        for (const score of run(values).scores) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 50 },
    );
    const size = (n: number) => JSON.stringify(run(wave(n)).state).length;
    expect(size(8000)).toBeLessThan(size(2500) * 1.1);
  });

  it('leaves its state alone: the same state and point give the same answer', () => {
    const { state } = run(wave(400));
    const before = JSON.stringify(state);
    const point = { at: start + 400 * 5 * minute, value: 30 };
    expect(judge(state, point)).toEqual(judge(state, point));
    expect(JSON.stringify(state)).toBe(before);
  });

  it('goes on after its state was kept and read again', () => {
    const values = wave(700);
    const whole = run(values).scores.slice(600);
    let state = JSON.parse(JSON.stringify(run(values.slice(0, 600)).state)) as DetectorState;
    for (const [i, value] of values.slice(600).entries()) {
      const judged = judge(state, { at: start + (600 + i) * 5 * minute, value });
      state = judged.state;
      expect(judged.score).toBeCloseTo(whole[i] ?? -1, 9);
    }
  });
});

describe('watching minutes', () => {
  const minutes = (from: number, values: number[]) =>
    values.map((value, i) => ({ at: start + (from + i) * minute, value }));
  it('gives the same whether they come one by one or together, and looks at none twice', () => {
    const all = minutes(0, wave(500));
    const together = watch(null, null, all);
    let state: WatchState | null = null;
    let at: number | null = null;
    for (const one of all) {
      const next = watch(state, at, [one, one]);
      expect(watch(next?.state ?? null, next?.at ?? null, [one])).toBeNull();
      state = next?.state ?? null;
      at = next?.at ?? null;
    }
    expect(state).toEqual(together?.state);
  });
  it('holds what it found, ever less, and keeps it when it is written down', () => {
    const found = watch(null, null, minutes(0, [...wave(500), 40]));
    expect(found?.score).toBeGreaterThan(0.4);
    const kept = rounded(found?.state ?? { detector: null, held: 0 });
    const later = watch(kept, found?.at ?? null, minutes(511, [wave(512)[511] ?? 10]));
    expect(later?.score).toBeCloseTo((found?.score ?? 0) / 2, 1);
  });
});

describe('calibration', () => {
  const outcomes = fc.array(
    fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), outcome: fc.boolean() }),
    { minLength: 1, maxLength: 200 },
  );
  it('never lets a higher score mean less, and stays between 0 and 1', () => {
    fc.assert(
      fc.property(outcomes, all => {
        const knots = isotonic(all);
        let last = 0;
        for (let score = 0; score <= 1; score += 0.05) {
          const probability = probabilityOf(knots, score);
          expect(probability).toBeGreaterThanOrEqual(last);
          expect(probability).toBeLessThanOrEqual(1);
          last = probability;
        }
      }),
    );
  });
  it('finds the steps that are there', () => {
    const all = Array.from({ length: 3000 }, (_, i) => ({
      score: (i % 100) / 100,
      outcome: (i % 100) / 100 >= 0.5 ? (i * 7919) % 10 < 8 : (i * 7919) % 10 < 1,
    }));
    const knots = isotonic(all);
    expect(probabilityOf(knots, 0.2)).toBeCloseTo(0.1, 1);
    expect(probabilityOf(knots, 0.9)).toBeCloseTo(0.8, 1);
  });
  it('knows a Brier score and a diagram by hand', () => {
    const said = [
      { probability: 0.9, outcome: true },
      { probability: 0.8, outcome: true },
      { probability: 0.3, outcome: false },
      { probability: 0.3, outcome: true },
    ];
    expect(brier(said)).toBeCloseTo((0.01 + 0.04 + 0.09 + 0.49) / 4, 12);
    const bins = reliability(said);
    expect(bins[3]).toMatchObject({ count: 2, happened: 0.5 });
    expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(4);
    expect(reliability([{ probability: 1, outcome: true }])[9]?.count).toBe(1);
    expect(calibrationError(bins)).toBeCloseTo((0.1 + 0.2 + 2 * 0.2) / 4, 12);
  });
});

it('the ensemble learns which feature tells, and never takes a warning for good news', () => {
  const samples = Array.from({ length: 400 }, (_, i) => ({
    features: [(i % 2) * 0.9, ((i * 7) % 10) / 10, 1 - (i % 2), 0, 0],
    outcome: i % 2 === 1,
  }));
  const ensemble = fitEnsemble(samples);
  expect(ensemble.weights.every(weight => weight >= 0)).toBe(true);
  expect(ensemble.weights[0]).toBeGreaterThan(ensemble.weights[1] ?? 0);
  expect(rawScore(ensemble, [0.9, 0, 0, 0, 0])).toBeGreaterThan(0.7);
  expect(rawScore(ensemble, [0, 0, 1, 0, 0])).toBeLessThan(0.3);
});
