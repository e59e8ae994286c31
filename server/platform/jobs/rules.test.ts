import { describe, expect, it } from 'vitest';
import { type LoopReport, loopsAt, perMinute } from './rules.ts';

it('tells a minute without runs from a minute that nobody counted', () => {
  const now = new Date('2026-01-01T00:05:30Z');
  const points = perMinute([{ minute: '2026-01-01T00:02:00.000Z', runs: 4 }], now, 5);
  expect(points.map(p => p.value)).toEqual([null, 4, 0, 0, 0]);
  expect(perMinute([], now, 2).map(p => p.value)).toEqual([null, null]);
});

describe('the state of a loop', () => {
  const now = new Date('2026-01-01T00:00:30Z');
  const report = (over: Partial<LoopReport>): LoopReport => ({
    ...{ name: 'look', worker: 'a:1', title: 'Looks', idleMs: 1000, holding: true, done: 3, tookMs: 5 },
    said: '3 of 9 renewed',
    ...{ okAt: '2026-01-01T00:00:29.000Z', workedAt: '2026-01-01T00:00:20.000Z' },
    ...{ failures: 0, lastError: null, at: '2026-01-01T00:00:29.500Z' },
    ...over,
  });

  it('is told by the worker that holds it', () => {
    const idle = report({
      worker: 'b:2',
      holding: false,
      done: 0,
      said: null,
      at: '2026-01-01T00:00:29.900Z',
    });
    expect(loopsAt([idle, report({})], now)).toMatchObject([
      { state: 'running', done: 3, said: '3 of 9 renewed', lagMs: 0, holder: 'a:1', workers: 2 },
    ]);
    expect(loopsAt([report({})], now)).toMatchObject([{ workers: 1, nextAt: '2026-01-01T00:00:30.000Z' }]);
  });

  it('is failing where it fails, and silent where nobody has spoken for a while', () => {
    const failing = report({ failures: 4, lastError: 'no luck', okAt: '2026-01-01T00:00:00.000Z' });
    expect(loopsAt([failing], now)).toMatchObject([
      { state: 'failing', lagMs: 14_000, lastError: 'no luck' },
    ]);
    const gone = report({ at: '2026-01-01T00:00:10.000Z', okAt: null });
    expect(loopsAt([gone], now)).toMatchObject([
      { state: 'silent', lagMs: null, nextAt: null, holder: null, workers: 0 },
    ]);
    // Another one took over: its word counts, not that of the one that fell silent.
    const taken = report({ worker: 'b:2', done: 9 });
    expect(loopsAt([gone, taken], now)).toMatchObject([
      { state: 'running', done: 9, holder: 'b:2', workers: 1 },
    ]);
  });
});
