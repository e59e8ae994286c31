import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthOf, type Seen } from './health.ts';
import { reverseId } from './names.ts';
import { Differences, pauseAfter, type RowHash } from './parity.ts';

describe('differences', () => {
  const rows = fc.uniqueArray(
    fc.record({ n: fc.integer({ min: 0, max: 60 }), hash: fc.constantFrom('a', 'b') }),
    {
      selector: r => r.n,
    },
  );
  const hashes = (list: { n: number; hash: string }[]): RowHash[] =>
    list.toSorted((x, y) => x.n - y.n).map(r => ({ key: [String(r.n)], hash: r.hash }));

  /** Pieces of so many rows at home, read from the mirror in pages of so many, as the comparison does. */
  const differences = (ours: RowHash[], theirs: RowHash[], size: number, page: number) => {
    const found = new Differences();
    const n = (row: RowHash) => Number(row.key[0]);
    for (let i = 0, after = -1; i === 0 || i < ours.length; i += size) {
      const own = ours.slice(i, i + size);
      const end = i + size < ours.length ? n(own.at(-1) as RowHash) : Number.POSITIVE_INFINITY;
      const between = theirs.filter(row => n(row) > after && n(row) <= end);
      after = end;
      if (JSON.stringify(own) === JSON.stringify(between)) {
        found.agree();
        continue;
      }
      const piece = found.piece(own);
      for (let j = 0; j < between.length; j += page) piece.page(between.slice(j, j + page));
      piece.end();
    }
    return found.ranges();
  };

  it('account for every row that differs, and accuse none that agrees, however they are cut', () => {
    const sizes = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(rows, rows, sizes, sizes, (a, b, size, page) => {
        const [ours, theirs] = [hashes(a), hashes(b)];
        const found = differences(ours, theirs, size, page);
        expect(found).toEqual(differences(ours, theirs, 100, 100));
        const inB = new Map(b.map(r => [r.n, r.hash]));
        const inA = new Set(a.map(r => r.n));
        const expected = a.filter(r => inB.get(r.n) !== r.hash).length + b.filter(r => !inA.has(r.n)).length;
        expect(found.reduce((sum, r) => sum + r.rows, 0)).toBe(expected);
        for (const r of found.filter(one => one.kind !== 'extra'))
          for (const row of a.filter(one => one.n >= Number(r.from) && one.n <= Number(r.to)))
            expect(inB.get(row.n)).not.toBe(row.hash);
      }),
    );
  });
});

it('asks for no more rows a second than allowed', () => {
  expect(pauseAfter(10_000, 0, 10_000)).toBe(1000);
  expect(pauseAfter(10_000, 2000, 10_000)).toBe(0);
});

it('the way back of the way back is the way there', () => {
  expect(reverseId(reverseId('a-b'))).toBe('a-b');
});

describe('health', () => {
  const slot = { active: true, walStatus: 'reserved', lagBytes: 0, retainedBytes: 0 };
  const publisher = { slot, now: '2026-01-01T00:00:10.000Z', lsn: '0/1' };
  const subscriber = {
    ...{
      enabled: true,
      exists: true,
      worker: true,
      receivedLsn: '0/1',
      heardAt: null,
      applyErrors: 0,
      syncErrors: 0,
    },
    beatAt: '2026-01-01T00:00:09.000Z',
    tables: [{ table: 't', state: 'r', rows: 1 }],
  };
  const seen = (change: Partial<Seen>): Seen => ({
    at: '2026-01-01T00:00:10.000Z',
    publisher,
    subscriber,
    ...change,
  });
  const limits = { lagSeconds: 5, walBudgetBytes: 1000 };
  it.each([
    ['streaming', seen({})],
    ['unknown', seen({ publisher: null })],
    ['unknown', seen({ subscriber: null })],
    ['unknown', seen({ subscriber: { ...subscriber, beatAt: null } })],
    ['lagging', seen({ subscriber: { ...subscriber, beatAt: '2026-01-01T00:00:02.000Z' } })],
    [
      'stalled',
      seen({
        subscriber: { ...subscriber, beatAt: '2026-01-01T00:00:00.000Z' },
        publisher: { ...publisher, now: '2026-01-01T00:00:30.000Z' },
      }),
    ],
    ['stalled', seen({ publisher: { ...publisher, slot: { ...slot, retainedBytes: 2000 } } })],
    ['stalled', seen({ publisher: { ...publisher, slot: { ...slot, active: false } } })],
    ['broken', seen({ publisher: { ...publisher, slot: null } })],
    ['broken', seen({ publisher: { ...publisher, slot: { ...slot, walStatus: 'lost' } } })],
    ['broken', seen({ subscriber: { ...subscriber, exists: false } })],
    ['broken', seen({ subscriber: { ...subscriber, enabled: false, applyErrors: 1 } })],
    ['syncing', seen({ subscriber: { ...subscriber, tables: [{ table: 't', state: 'd', rows: null }] } })],
  ])('%s', (health, given) => {
    expect(healthOf(given, null, limits).health).toBe(health);
  });
  it('a lag that cannot be known is null, never zero', () => {
    expect(healthOf(seen({ publisher: null }), null, limits)).toMatchObject({
      lagBytes: null,
      lagSeconds: null,
    });
  });
});
