import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anomaliesOf } from './anomaly.ts';
import { alertsOf, burnOf } from './budget.ts';
import { deltaOf, type ServiceUse } from './delta.ts';
import { DecayingHistogram, rightsize } from './rightsizing.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 0, 20);

describe('rightsizing', () => {
  const stepMs = 600_000;
  const history = (
    days: number,
    cpu: (t: number) => number | null,
    memory: (t: number) => number = () => 0.4,
  ) => ({
    stepMs,
    starts: [],
    points: Array.from({ length: (days * dayMs) / stepMs }, (_, i) => {
      const t = now - days * dayMs + i * stepMs;
      return { t, cpu: cpu(t), memory: memory(t) };
    }),
  });

  it('refuses too short and too sparse a history', () => {
    expect(
      rightsize(
        history(2, () => 0.3),
        now,
      ),
    ).toMatchObject({ verdict: 'refused', reason: expect.stringContaining('2.0 days') });
    const sparse = rightsize(
      history(7, t => (t % (10 * stepMs) === 0 ? 0.3 : null)),
      now,
    );
    expect(sparse).toMatchObject({ verdict: 'refused', reason: expect.stringContaining('gaps') });
    expect(rightsize({ points: [], stepMs, starts: [] }, now).verdict).toBe('refused');
  });

  it('makes smaller what is idle, and larger what ran out of memory', () => {
    const idle = rightsize(
      history(7, () => 0.2),
      now,
    );
    expect(idle.verdict).toBe('smaller');
    const killed = rightsize(
      history(
        7,
        () => 0.2,
        t => (t === now - dayMs ? 1.05 : 0.5),
      ),
      now,
    );
    expect(killed).toMatchObject({ verdict: 'larger', outOfMemoryEvents: 1 });
    if (killed.verdict !== 'refused') expect(killed.high.memory).toBeGreaterThan(1.2);
  });

  it('keeps a start’s peak out of the everyday size, and makes the careful one fit it', () => {
    const start = now - 2 * dayMs;
    const peak = (t: number) => (t >= start && t < start + 600_000 ? 0.9 : 0.2);
    const found = rightsize({ ...history(7, peak), starts: [start] }, now);
    if (found.verdict === 'refused') return expect.fail();
    expect(found.low.cpu).toBeLessThan(0.3);
    expect(found.high.cpu).toBeGreaterThanOrEqual(0.9);
  });

  it('throttles no more often at a larger size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 20, maxLength: 100 }),
        values => {
          const histogram = new DecayingHistogram(now);
          for (const [i, value] of values.entries()) histogram.add(value, now - i * 3_600_000);
          expect(histogram.quantile(0.5)).toBeLessThanOrEqual(histogram.quantile(0.95));
          expect(histogram.above(0.5)).toBeGreaterThanOrEqual(histogram.above(1));
          expect(histogram.above(histogram.quantile(0.95) * 1.06)).toBeLessThanOrEqual(0.05 + 1e-9);
        },
      ),
    );
  });
});

describe('budgets', () => {
  const use = {
    amount: 100,
    thresholds: [50, 80, 100],
    spent: 60,
    recent: [6, 6],
    ahead: null,
    unbilled: 10,
    daysLeft: 10,
  };
  it('burn', () => {
    expect(burnOf(use)).toMatchObject({ spent: 60, ratio: 0.6, expected: 120, rate: 1.5 });
    expect(burnOf({ ...use, unbilled: 12 })).toMatchObject({ expected: 132, rate: 1.5 });
    expect(burnOf(use).lasts).toBeCloseTo(6.67, 1);
    expect(burnOf({ ...use, recent: [1] }).lasts).toBeNull();
    expect(burnOf({ ...use, spent: 200 })).toMatchObject({ rate: null, lasts: 0 });
  });
  it('tell only the highest threshold, once, and a forecast only where it overruns', () => {
    expect(alertsOf(use, [])).toEqual([
      { kind: 'actual', threshold: 50, value: 60 },
      { kind: 'forecast', threshold: 100, value: 120 },
    ]);
    expect(
      alertsOf(use, [
        { kind: 'actual', threshold: 50 },
        { kind: 'forecast', threshold: 100 },
      ]),
    ).toEqual([]);
    expect(alertsOf({ ...use, spent: 130 }, [])).toEqual([{ kind: 'actual', threshold: 100, value: 130 }]);
    expect(alertsOf({ ...use, spent: 20, recent: [1] }, [])).toEqual([]);
  });
});

describe('anomalies', () => {
  const rows = (last: { cost: number; quantity: number }) =>
    Array.from({ length: 15 }, (_, i) => ({
      day: `2026-01-${String(i + 1).padStart(2, '0')}`,
      service: 'api',
      what: 'Compute',
      ...(i === 14 ? last : { cost: 100 + (i % 3), quantity: 50 }),
    }));
  it('are seen and said to be of price or of quantity', () => {
    expect(anomaliesOf(rows({ cost: 102, quantity: 50 }))).toEqual([]);
    const [more] = anomaliesOf(rows({ cost: 202, quantity: 100 }));
    expect(more?.parts[0]?.byQuantity).toBeCloseTo(101, 0);
    expect(Math.abs(more?.parts[0]?.byPrice ?? 9)).toBeLessThan(1);
    const [dearer] = anomaliesOf(rows({ cost: 202, quantity: 50 }));
    expect(dearer?.parts[0]?.byPrice).toBeCloseTo(101, 0);
  });
  it('do not spoil what later days are compared with', () => {
    const first = rows({ cost: 900, quantity: 50 });
    const next = {
      ...rows({ cost: 900, quantity: 50 })[14],
      day: '2026-01-16',
      cost: 900,
    } as (typeof first)[number];
    expect(anomaliesOf([...first, next])).toHaveLength(2);
  });
});

describe('the cost of a plan', () => {
  const use = (currency = 'EUR'): ServiceUse => ({
    region: 'eu',
    currency,
    days: [
      { day: '1', cost: 48, hours: 48 },
      { day: '2', cost: 60, hours: 48 },
      { day: '3', cost: 48, hours: 48 },
    ],
  });
  const plan = (...steps: { action: string; target: string; params: object }[]) =>
    ({ tenantId: 't', steps }) as never;
  const known = new Map([['api', use()]]);
  const price = (_: string, region: string) => (region === 'us' ? 30 : null);
  it('is replicas times their day’s price, with the range that was billed', () => {
    expect(
      deltaOf(plan({ action: 'scale', target: 'api', params: { replicas: 4 } }), known, price, 'EUR'),
    ).toEqual({
      perDay: 48,
      low: 48,
      high: 60,
      currency: 'EUR',
    });
    const twice = plan(
      { action: 'scale', target: 'api', params: { replicas: 4 } },
      { action: 'scale', target: 'x/api', params: { replicas: 2 } },
    );
    expect(deltaOf(twice, known, price, 'EUR')?.perDay).toBe(0);
    expect(
      deltaOf(plan({ action: 'failover', target: 'api', params: { toRegion: 'us' } }), known, price, 'EUR')
        ?.perDay,
    ).toBe(12);
  });
  it.each([
    ['a service nobody billed', { action: 'scale', target: 'other', params: { replicas: 4 } }],
    ['a region without prices', { action: 'failover', target: 'api', params: { toRegion: 'mars' } }],
  ])('is unknown for %s', (_what, step) => expect(deltaOf(plan(step), known, price, 'EUR')).toBeNull());
  it('is unknown over two currencies', () => {
    const step = plan({ action: 'scale', target: 'api', params: { replicas: 4 } });
    expect(deltaOf(step, new Map([['api', use('USD')]]), price, 'EUR')).toBeNull();
  });
});
