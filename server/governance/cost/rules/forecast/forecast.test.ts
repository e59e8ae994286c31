import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mase, smape } from './accuracy.ts';
import { originsOf } from './backtest.ts';
import { fitCalendar } from './calendar.ts';
import { allModels, chooseForecast } from './choose.ts';
import { isSeasonal, seasonalIndices } from './decompose.ts';
import { fitEts } from './ets.ts';
import { coverageOf, normalQuantile, quantileFor, spreadOf } from './interval.ts';
import { naive2, seasonalNaive } from './naive.ts';
import { minimise } from './optimise.ts';
import { ridge } from './solve.ts';
import { fitTheta } from './theta.ts';

// Series of the textbook "Forecasting: principles and practice" (Hyndman and Athanasopoulos, 2nd edition, chapter 7).
const oil = [
  445.36, 453.2, 454.41, 422.38, 456.04, 440.39, 425.19, 486.21, 500.43, 521.28, 508.95, 488.89, 509.87,
  456.72, 473.82, 525.95, 549.83, 542.34,
];
const air = [
  17.5534, 21.8601, 23.8866, 26.9293, 26.8885, 28.8314, 30.0751, 30.9535, 30.1857, 31.5797, 32.577569,
  33.477398, 39.021581, 41.386432, 41.596552, 44.657324, 46.951775, 48.728837, 51.48843, 50.026967, 60.640912,
  63.36031, 66.355274, 68.197955, 68.123238, 69.779454, 72.5977,
];
const tourists = [
  42.205663, 24.649171, 32.667337, 37.257354, 45.242457, 29.350481, 36.344207, 41.782082, 49.276596,
  31.275401, 37.850627, 38.837045, 51.2369, 31.837749, 41.323424, 42.798997, 55.708359, 33.407144, 42.316634,
  45.157124, 59.57608, 34.837333, 44.84268, 46.97125, 60.019031, 38.371178, 46.975864, 50.733797, 61.646867,
  39.29957, 52.671298, 54.332317, 66.834358, 40.871188, 51.827854, 57.491908, 65.251469, 43.061208, 54.760758,
  59.834475, 73.257027, 47.697664, 61.097769, 66.055762,
];

/** What statsmodels 0.15 (`ETSModel`, maximum likelihood, states estimated) says of the same series. */
const references = [
  {
    name: 'oil, level only',
    y: oil,
    shape: ['none', 'none', 1],
    sse: 14236.7722,
    alpha: 0.8338,
    ahead: [542.6791, 542.6791],
  },
  {
    name: 'air, trend',
    y: air,
    shape: ['additive', 'none', 1],
    sse: 128.5091,
    alpha: 0.8211,
    ahead: [74.5933, 76.6913, 78.7892, 80.8871, 82.985],
  },
  {
    name: 'air, damped trend',
    y: air,
    shape: ['damped', 'none', 1],
    sse: 137.4938,
    alpha: 0.8942,
    ahead: [73.9866, 75.4779, 76.9393, 78.3714, 79.7749],
  },
  {
    name: 'tourists, additive season',
    y: tourists,
    shape: ['additive', 'additive', 4],
    sse: 135.9317,
    alpha: 0.2622,
    ahead: [76.0074, 51.4503, 63.8386, 68.305, 78.8118],
  },
  {
    name: 'tourists, multiplicative season',
    y: tourists,
    shape: ['additive', 'multiplicative', 4],
    sse: 105.1941,
    alpha: 0.364,
    ahead: [79.4307, 49.6557, 63.058, 67.6244, 82.8861],
  },
] as const;

describe('exponential smoothing', () => {
  it.each(references)(
    'finds what an independent implementation finds: $name',
    ({ y, shape, sse, alpha, ahead }) => {
      const [trend, season, period] = shape;
      const fit = fitEts(y, { trend, season, period });
      expect(fit?.sse).toBeLessThan(sse * 1.001);
      expect(Math.abs((fit?.parameters.alpha ?? 0) - alpha)).toBeLessThan(0.005);
      for (const [h, value] of (fit?.forecast(ahead.length) ?? []).entries())
        expect(Math.abs(value / (ahead[h] ?? 0) - 1)).toBeLessThan(0.0005);
    },
  );
  it('refuses what it cannot be fitted to', () => {
    expect(fitEts([1, 2, 3], { trend: 'none', season: 'none', period: 1 })).toBeNull();
    expect(
      fitEts(
        oil.map(v => v - 450),
        { trend: 'none', season: 'multiplicative', period: 4 },
      ),
    ).toBeNull();
  });
});

describe('decomposition', () => {
  it('takes a planted season apart', () => {
    const y = Array.from({ length: 60 }, (_, t) => (100 + t) * ([0.8, 1, 1.2][t % 3] ?? 0));
    const found = seasonalIndices(y, 3, 'multiplicative');
    for (const [i, wanted] of [0.8, 1, 1.2].entries()) expect(found[i]).toBeCloseTo(wanted, 1);
    expect(isSeasonal(y, 3)).toBe(true);
    expect(
      isSeasonal(
        Array.from({ length: 60 }, (_, t) => (t * 7919) % 101),
        7,
      ),
    ).toBe(false);
  });
  it('naive2 repeats the last value where nothing is seasonal', () => {
    expect(naive2([3, 1, 4, 1, 5], 7, 3)).toEqual([5, 5, 5]);
    expect(seasonalNaive([1, 2, 3, 4], 2).forecast(5)).toEqual([3, 4, 3, 4, 3]);
  });
});

describe('accuracy', () => {
  it('is what the definitions say', () => {
    expect(smape([100, 0], [50, 0])).toBeCloseTo(33.3333, 3);
    expect(mase([1, 3, 2, 4], [5, 5], [4, 6], 2)).toBe(1);
    expect(mase([1, 1, 1], [2], [1], 1)).toBeNull();
  });
});

describe('intervals', () => {
  it('have the normal’s quantiles, wider for few samples', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5);
    expect(normalQuantile(0.9)).toBeCloseTo(1.281552, 5);
    expect(quantileFor(0.95, 1000)).toBeCloseTo(1.962, 2);
    expect(quantileFor(0.95, 11)).toBeCloseTo(2.228, 1);
  });
  it('never narrow with distance, and cover about what they promise', () => {
    let seed = 7;
    const noise = () => {
      let sum = 0;
      for (let i = 0; i < 12; i++) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        sum += seed / 2147483648;
      }
      return sum - 6;
    };
    const errors = Array.from({ length: 60 }, () =>
      Array.from({ length: 10 }, (_, h) => noise() * (1 + h / 5)),
    );
    const spread = spreadOf(errors, 20);
    for (let h = 1; h < 20; h++) expect(spread[h]).toBeGreaterThanOrEqual(spread[h - 1] ?? 0);
    expect(coverageOf(errors, 0.8)).toBeGreaterThan(0.72);
    expect(coverageOf(errors, 0.8)).toBeLessThan(0.9);
    expect(coverageOf(errors.slice(0, 2), 0.8)).toBeNull();
  });
});

const weekly = (t: number) => 100 + ([20, 5, 0, -5, 10, -15, -15][t % 7] ?? 0) + t * 0.3;
const wobble = (t: number) => ((t * 7919) % 13) / 13 - 0.5;

describe('choosing', () => {
  const history = Array.from({ length: 60 }, (_, t) => weekly(t) + wobble(t));
  const season = { periods: [7], calendar: { start: Date.UTC(2026, 0, 5), stepMs: 86_400_000 } };

  it('finds a week that repeats on a rising line, better than repeating the last one', () => {
    const found = chooseForecast(history, season, 14);
    const actual = Array.from({ length: 14 }, (_, h) => weekly(60 + h));
    expect(found?.model).not.toBe('seasonal-naive');
    const naive = found?.tried.find(t => t.model === 'seasonal-naive');
    expect(found?.accuracy.mase).toBeLessThan(naive?.mase ?? 0);
    expect(smape(actual, found?.points.map(p => p.value) ?? [])).toBeLessThan(2);
    expect(found?.tried.map(t => t.mase)).toEqual(
      found?.tried.map(t => t.mase).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
    );
  });

  it('never lets a model see what comes after its origin', () => {
    const seen: number[] = [];
    chooseForecast(history, season, 7, {
      models: [
        {
          name: 'ets',
          fit: known => {
            seen.push(known.length);
            return seasonalNaive(known, 7);
          },
        },
      ],
      origins: 5,
    });
    expect(Math.max(...seen.slice(0, -1))).toBeLessThanOrEqual(history.length - 7);
    expect(seen.at(-1)).toBe(history.length);
  });

  it('leaves out a model that gives no numbers, and says nothing out of too little', () => {
    const broken = {
      name: 'theta' as const,
      fit: () => ({ fitted: [], forecast: (h: number) => Array(h).fill(Number.NaN) }),
    };
    const found = chooseForecast(history, season, 7, { models: [broken, ...allModels] });
    expect(found?.tried.some(t => t.model === 'theta' && !Number.isFinite(t.smape))).toBe(false);
    expect(chooseForecast(history.slice(0, 8), season, 7)).toBeNull();
  });

  it('stays finite and ordered for any history, and above the floor where there is one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 16, maxLength: 30 }),
        values => {
          const found = chooseForecast(values, season, 9, { origins: 2, floor: 0 });
          for (const p of found?.points ?? []) {
            for (const value of Object.values(p)) expect(Number.isFinite(value)).toBe(true);
            expect(p.low95).toBeGreaterThanOrEqual(0);
            expect(p.low80).toBeLessThanOrEqual(p.high80);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('takes the last origins, and enough history for each', () => {
    expect(originsOf(35, 7, 20, 4)).toEqual([22, 24, 26, 28]);
    expect(originsOf(10, 3, 12, 4)).toEqual([]);
  });
});

describe('parts', () => {
  it('ridge solves, the simplex finds a valley, theta follows its line', () => {
    const rows = [
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 3],
    ];
    const found = ridge(rows, [1, 3, 5, 7], [0, 0]);
    expect(found?.[0]).toBeCloseTo(1, 5);
    expect(found?.[1]).toBeCloseTo(2, 5);
    const [x = 0, y = 0] = minimise(
      ([a = 0, b = 0]) => (1 - a) ** 2 + 100 * (b - a * a) ** 2,
      [
        { start: -1, low: -5, high: 5 },
        { start: 1, low: -5, high: 5 },
      ],
      2000,
    );
    expect(Math.abs(x - 1) + Math.abs(y - 1)).toBeLessThan(0.01);
    const line = Array.from({ length: 40 }, (_, t) => 10 + 2 * t);
    expect(fitTheta(line, 1)?.forecast(1)[0]).toBeCloseTo(89, 2);
    const days = Array.from({ length: 56 }, (_, t) => (t % 7 < 5 ? 100 : 40));
    const ahead = fitCalendar(days, {
      periods: [7],
      calendar: { start: Date.UTC(2026, 0, 5), stepMs: 86_400_000 },
    });
    expect(ahead?.forecast(7).map(v => v > 70)).toEqual([true, true, true, true, true, false, false]);
  });
});
