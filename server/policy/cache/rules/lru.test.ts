import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lru } from './lru.ts';

const entry = (value: number, bytes = 10, expiresAt = 1e9, tags: string[] = []) => ({
  value,
  bytes,
  expiresAt,
  tags,
});

describe('the cache', () => {
  it('drops the least recently used first, and what is too large not at all', () => {
    const lru = new Lru<number>(30);
    for (const key of ['a', 'b', 'c']) lru.set(key, entry(1));
    lru.get('a', 0);
    lru.set('d', entry(1));
    expect([lru.get('a', 0), lru.get('b', 0), lru.get('c', 0), lru.get('d', 0)]).toEqual([
      1,
      undefined,
      1,
      1,
    ]);
    expect(lru.set('huge', entry(1, 31))).toBe(false);
    expect(lru.stats.evicted).toBe(1);
  });

  it('forgets by time and by tag', () => {
    const lru = new Lru<number>(1000);
    lru.set('a', entry(1, 10, 5));
    lru.set('b', entry(2, 10, 1e9, ['t']));
    lru.set('c', entry(3, 10, 1e9, ['t', 'u']));
    expect([lru.get('a', 4), lru.get('a', 5)]).toEqual([1, undefined]);
    expect(lru.invalidate('u')).toBe(1);
    expect(lru.invalidate('t')).toBe(1);
    expect([lru.size, lru.bytes]).toEqual([0, 0]);
  });

  it('never holds more than its bound, and its books are right', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('set', 'get', 'drop'), fc.nat(20), fc.nat(40)), { maxLength: 200 }),
        steps => {
          const lru = new Lru<number>(100);
          const sizes = new Map<string, number>();
          for (const [what, key, bytes] of steps) {
            if (what === 'get') lru.get(String(key), 0);
            else if (what === 'drop') lru.invalidate(`tag${key % 3}`);
            else {
              lru.set(String(key), entry(key, bytes, 1e9, [`tag${key % 3}`]));
              sizes.set(String(key), bytes);
            }
            expect(lru.bytes).toBeLessThanOrEqual(100);
          }
          const left = [...sizes].filter(([key]) => lru.get(key, 0) !== undefined);
          expect(lru.bytes).toBe(left.reduce((sum, [, bytes]) => sum + bytes, 0));
        },
      ),
    );
  });
});
