import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniform } from '#server/world/hash.ts';
import { judgeCanary } from './judge.ts';

/** Numbers that look random and are the same each time. */
function noise(seed: number) {
  let i = 0;
  const next = () => uniform(seed, 1, i++);
  return { next, bell: () => next() + next() + next() + next() - 2 };
}
const draw = (seed: number, n: number, centre: number, width: number) => {
  const { bell } = noise(seed);
  return Array.from({ length: n }, () => centre + width * bell());
};
const verdictOf = (baseline: (number | null)[], canary: (number | null)[], more: object = {}) =>
  judgeCanary({ error_ratio: { baseline, canary, ...more } });

describe('the usual cases', () => {
  it('the same behaviour passes', () => {
    const card = judgeCanary({
      error_ratio: { baseline: draw(1, 60, 0.01, 0.004), canary: draw(2, 60, 0.01, 0.004) },
      latency_p95_ms: { baseline: draw(3, 60, 90, 12), canary: draw(4, 60, 90, 12) },
      rps: { baseline: draw(5, 60, 200, 20), canary: draw(6, 60, 210, 20) },
    });
    expect(card).toMatchObject({ verdict: 'pass', score: 100 });
    expect(card.metrics.find(m => m.name === 'rps')?.verdict).toBe('context');
  });

  it('a higher error ratio fails, a lower one does not', () => {
    expect(verdictOf(draw(1, 60, 0.01, 0.004), draw(2, 60, 0.03, 0.004)).verdict).toBe('fail');
    expect(verdictOf(draw(1, 60, 0.03, 0.004), draw(2, 60, 0.01, 0.004)).verdict).toBe('pass');
  });

  it('knows a metric that is bad when it falls', () => {
    const [high, low] = [draw(1, 60, 0.9, 0.04), draw(2, 60, 0.6, 0.04)];
    const hits = (baseline: number[], canary: number[]) =>
      judgeCanary({ hit_ratio: { baseline, canary, direction: 'decrease' } }).verdict;
    expect(hits(high, low)).toBe('fail');
    expect(hits(low, high)).toBe('pass');
  });

  it('a difference too small to matter passes however sure it is', () => {
    expect(verdictOf(draw(1, 5000, 100, 10), draw(2, 5000, 101, 10)).verdict).toBe('pass');
  });

  it('one metric that decides alone fails the whole, others only their share', () => {
    const good = (seed: number) => ({ baseline: draw(seed, 60, 50, 5), canary: draw(seed + 1, 60, 50, 5) });
    const bad = { baseline: draw(8, 60, 50, 5), canary: draw(9, 60, 80, 5) };
    const many = { a: good(10), b: good(12), c: good(14), d: good(16), e: good(18) };
    expect(judgeCanary({ ...many, x: bad }).verdict).toBe('inconclusive');
    expect(judgeCanary({ ...many, x: { ...bad, critical: true } }).verdict).toBe('fail');
  });
});

describe('what judges are known to get wrong', () => {
  it('a change of the spread alone: the median is the same, and yet it fails', () => {
    const card = verdictOf(draw(1, 80, 100, 4), draw(2, 80, 100, 30));
    expect(card.verdict).toBe('fail');
    expect(card.metrics[0]?.tests.find(t => t.kind === 'shift')?.matters).toBe(false);
    expect(card.metrics[0]?.reason).toContain('spread');
  });

  it('less spread is no harm', () => {
    expect(verdictOf(draw(1, 80, 100, 30), draw(2, 80, 100, 4)).verdict).toBe('pass');
  });

  it('a metric that is mostly zero: errors that come more often fail', () => {
    const rare = (seed: number, share: number) => {
      const { next } = noise(seed);
      return Array.from({ length: 120 }, () => (next() < share ? 0.02 + 0.01 * next() : 0));
    };
    expect(verdictOf(rare(1, 0.1), rare(2, 0.1)).verdict).toBe('pass');
    expect(verdictOf(rare(1, 0.1), rare(2, 0.45)).verdict).toBe('fail');
    expect(verdictOf(rare(1, 0.45), rare(2, 0.1)).verdict).toBe('pass');
  });

  it('a metric that is mostly zero: errors that come as often and are larger fail too', () => {
    const bursts = (seed: number, size: number) => {
      const { next } = noise(seed);
      return Array.from({ length: 160 }, () => (next() < 0.4 ? size * (1 + 0.3 * next()) : 0));
    };
    expect(verdictOf(bursts(1, 0.02), bursts(2, 0.08)).verdict).toBe('fail');
  });

  it('a control that is zero throughout: errors of the canary fail, instead of dividing by zero', () => {
    const zeros = new Array<number>(40).fill(0);
    expect(verdictOf(zeros, zeros).verdict).toBe('pass');
    const card = verdictOf(zeros, draw(3, 40, 0.05, 0.01));
    expect(card.verdict).toBe('fail');
    expect(JSON.stringify(card)).not.toMatch(/NaN|Infinity/);
  });

  it('a control that is constant: the same constant passes, another one fails', () => {
    const flat = (v: number) => new Array<number>(40).fill(v);
    expect(verdictOf(flat(3), flat(3)).verdict).toBe('pass');
    expect(verdictOf(flat(3), flat(4)).verdict).toBe('fail');
  });

  it.each([
    ['the control', true],
    ['the canary', false],
  ])('NaN and gaps in %s are missing values, not zeros and not a pass', (_who, control) => {
    const gaps = Array.from({ length: 40 }, (_, i) => (i % 2 ? Number.NaN : null));
    const fine = draw(1, 40, 0.01, 0.002);
    const card = control ? verdictOf(gaps, fine) : verdictOf(fine, gaps);
    expect(card).toMatchObject({ verdict: 'inconclusive', score: null });
    expect(card.metrics[0]?.reason).toContain('0 usable values of 40');
  });

  it('no traffic is inconclusive, also where every other metric looks perfect', () => {
    const zeros = new Array<number>(60).fill(0);
    const card = judgeCanary({
      rps: { baseline: draw(1, 60, 200, 10), canary: zeros },
      error_ratio: { baseline: zeros, canary: zeros },
      latency_p95_ms: { baseline: draw(3, 60, 90, 12), canary: draw(4, 60, 90, 12) },
    });
    expect(card.verdict).toBe('inconclusive');
    expect(card.reason).toContain('traffic');
  });

  it('too few samples are inconclusive', () => {
    expect(verdictOf(draw(1, 19, 1, 0.1), draw(2, 60, 1, 0.1)).verdict).toBe('inconclusive');
    expect(judgeCanary({}).verdict).toBe('inconclusive');
  });

  it('so few samples that nothing could be significant are inconclusive, even where the minimum is lowered', () => {
    const card = judgeCanary({ a: { baseline: [1, 2, 3], canary: [1, 2, 4] } }, { minimumSamples: 3 });
    expect(card.verdict).toBe('inconclusive');
  });

  it('many metrics at once: chance alone fails hardly any', () => {
    let failed = 0;
    for (let run = 0; run < 60; run++) {
      const samples = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [
          `m${i}`,
          { baseline: draw(1000 * run + i, 30, 50, 10), canary: draw(1000 * run + i + 500, 30, 50, 10) },
        ]),
      );
      if (judgeCanary(samples).metrics.some(m => m.verdict === 'fail')) failed += 1;
    }
    expect(failed).toBeLessThanOrEqual(6);
  });
});

it('never says pass about what it could not see, and always gives finite numbers', () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.constant(Number.NaN),
    fc.constant(0),
    fc.double({ min: 0, max: 1e9 }),
  );
  const list = fc.array(value, { maxLength: 60 });
  fc.assert(
    fc.property(list, list, (baseline, canary) => {
      const card = judgeCanary({ m: { baseline, canary } });
      const usable = (all: (number | null)[]) => all.filter(v => v !== null && Number.isFinite(v)).length;
      if (usable(baseline) < 20 || usable(canary) < 20) expect(card.verdict).toBe('inconclusive');
      expect(JSON.stringify(card)).not.toContain('Infinity');
    }),
  );
});
