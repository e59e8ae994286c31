import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaRegularised, fTail, normalTail } from './distributions.ts';
import { brownForsythe, fisherExact, holm, mannWhitney, smallestP, wilsonUpper } from './statistics.ts';

describe('against published values', () => {
  it('the normal tail', () => {
    expect(normalTail(0)).toBe(0.5);
    expect(normalTail(1.959963984540054)).toBeCloseTo(0.025, 12);
    expect(normalTail(-1)).toBeCloseTo(0.841344746068543, 12);
    expect(normalTail(6)).toBeCloseTo(9.865876450376946e-10, 18);
  });

  it('the F and beta distributions', () => {
    // Tabulated critical values of F at 5 percent.
    for (const [d1, d2, f] of [
      [1, 10, 4.9646],
      [2, 27, 3.3541],
      [5, 20, 2.7109],
    ] as const)
      expect(fTail(f, d1, d2)).toBeCloseTo(0.05, 4);
    expect(betaRegularised(0.5, 3, 3)).toBeCloseTo(0.5, 12);
    expect(betaRegularised(0.3, 1, 4)).toBeCloseTo(1 - 0.7 ** 4, 12);
  });

  it('Mann and Whitney, the example of scipy.stats.mannwhitneyu', () => {
    const test = mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12]);
    expect(test.u).toBe(17);
    expect(test.p).toBeCloseTo(0.11134688653314041, 12);
  });

  it('Brown and Forsythe, the example of scipy.stats.levene', () => {
    const a = [8.88, 9.12, 9.04, 8.98, 9.0, 9.08, 9.01, 8.85, 9.06, 8.99];
    const b = [8.88, 8.95, 9.29, 9.44, 9.15, 9.58, 8.36, 9.18, 8.67, 9.05];
    const c = [8.95, 9.12, 8.95, 8.85, 9.03, 8.84, 9.07, 8.98, 8.86, 8.98];
    const test = brownForsythe(a, b, c);
    expect(test.f).toBeCloseTo(7.584952754501659, 10);
    expect(test.p).toBeCloseTo(0.002431505967249681, 12);
  });

  it('Fisher, by hand: the lady tasting tea', () => {
    expect(fisherExact(3, 1, 1, 3)).toBeCloseTo(34 / 70, 10);
    expect(fisherExact(4, 0, 0, 4)).toBeCloseTo(2 / 70, 10);
  });

  it('Holm, the values of R’s p.adjust', () => {
    expect(holm([0.01, 0.02, 0.03, 0.04]).map(p => Math.round(p * 1e6) / 1e6)).toEqual([
      0.04, 0.06, 0.06, 0.06,
    ]);
    expect(holm([0.04, 0.001])).toEqual([0.04, 0.002]);
    expect(holm([])).toEqual([]);
  });
});

/** The exact two-sided p of a rank test, by trying every way of dealing the values out. */
function exactP(x: readonly number[], y: readonly number[]): number {
  const all = [...x, ...y];
  const middle = (x.length * y.length) / 2;
  const u = (chosen: readonly number[], rest: readonly number[]) =>
    chosen.reduce((n, a) => n + rest.reduce((k, b) => k + (a > b ? 1 : a === b ? 0.5 : 0), 0), 0);
  const own = Math.abs(u(x, y) - middle);
  let [hits, total] = [0, 0];
  const deal = (from: number, chosen: number[]) => {
    if (chosen.length === x.length) {
      const rest = all.filter((_, i) => !chosen.includes(i));
      total += 1;
      if (
        Math.abs(
          u(
            chosen.map(i => all[i] ?? 0),
            rest,
          ) - middle,
        ) >=
        own - 1e-9
      )
        hits += 1;
      return;
    }
    for (let i = from; i < all.length; i++) deal(i + 1, [...chosen, i]);
  };
  deal(0, []);
  return hits / total;
}

describe('against exact enumeration', () => {
  const sample = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 7, maxLength: 7 });

  it('Mann and Whitney with ties stays near the exact p', () => {
    fc.assert(
      fc.property(sample, sample, (x, y) => {
        fc.pre(new Set([...x, ...y]).size > 2);
        const exact = exactP(x, y);
        const off = Math.abs(mannWhitney(x, y).p - exact);
        // Where it decides, and anywhere.
        if (exact <= 0.1) expect(off).toBeLessThan(0.03);
        expect(off).toBeLessThan(0.25);
      }),
      { numRuns: 60 },
    );
  });

  it('the smallest p that sizes allow is what complete separation gives', () => {
    for (const [n, m] of [
      [3, 3],
      [4, 5],
    ] as const) {
      const x = Array.from({ length: n }, (_, i) => 100 + i);
      const y = Array.from({ length: m }, (_, i) => i);
      expect(smallestP(n, m)).toBeCloseTo(exactP(x, y), 10);
    }
  });

  it('Fisher equals the sum over all tables', () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    fc.assert(
      fc.property(fc.nat(7), fc.nat(7), fc.nat(7), fc.nat(7), (a, b, c, d) => {
        fc.pre(a + b > 0 && c + d > 0);
        const [row, column, n] = [a + b, a + c, a + b + c + d];
        const of = (x: number) => (choose(row, x) * choose(n - row, column - x)) / choose(n, column);
        let p = 0;
        for (let x = Math.max(0, row + column - n); x <= Math.min(row, column); x++)
          if (of(x) <= of(a) * (1 + 1e-9)) p += of(x);
        expect(fisherExact(a, b, c, d)).toBeCloseTo(p, 8);
      }),
    );
  });
});

describe('properties', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 30 });

  it('a rank test is symmetric, and blind to order and scale', () => {
    fc.assert(
      fc.property(values, values, (x, y) => {
        const [one, two] = [mannWhitney(x, y), mannWhitney(y, x)];
        expect(one.p).toBeCloseTo(two.p, 10);
        expect(one.delta).toBeCloseTo(-two.delta, 10);
        expect(mannWhitney(x.toReversed(), y).p).toBeCloseTo(one.p, 10);
        expect(one.p >= 0 && one.p <= 1).toBe(true);
      }),
    );
  });

  it('Holm never lowers a p, and keeps the order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), ps => {
        const adjusted = holm(ps);
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          ps.forEach((q, j) => {
            if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? 1);
          });
        });
      }),
    );
  });

  it('an upper bound is above the share, and falls with more tries', () => {
    expect(wilsonUpper(0, 0)).toBe(1);
    expect(wilsonUpper(0, 10)).toBeGreaterThan(wilsonUpper(0, 100));
    expect(wilsonUpper(5, 10)).toBeGreaterThan(0.5);
  });
});
