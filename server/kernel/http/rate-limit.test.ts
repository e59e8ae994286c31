import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { openDatabase } from '../db/database.ts';
import { leasedTokens, takeToken } from './rate-limit.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const bucket = { capacity: 5, perSecond: 0.5 };
const take = (key: string, database = bed.database) => takeToken(database, key, bucket, bed.clock.now());
const passed = (results: PromiseSettledResult<void>[]) =>
  results.filter(r => r.status === 'fulfilled').length;

describe('a bucket shared by all processes', () => {
  it('gives exactly its tokens to callers that come together through different pools', async () => {
    const other = openDatabase(bed.adminUrl);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => take('together', i % 2 ? other : bed.database)),
    );
    await other.close();
    expect(passed(results)).toBe(5);
  });

  it('refills with time, never beyond its capacity, and not when the clock steps back', async () => {
    const drain = async () =>
      passed(await Promise.allSettled(Array.from({ length: 10 }, () => take('refill'))));
    expect(await drain()).toBe(5);
    bed.clock.advance(4_000);
    expect(await drain()).toBe(2);
    bed.clock.advance(3600_000);
    expect(await drain()).toBe(5);
    bed.clock.advance(-3600_000);
    expect(await drain()).toBe(0);
  });

  it('keeps keys apart and says when to come again', async () => {
    for (let i = 0; i < 5; i++) await take('a');
    await expect(take('a')).rejects.toMatchObject({ kind: 'rate_limited', details: { retryAfter: 2 } });
    await expect(take('b')).resolves.toBeUndefined();
  });
});

describe('leased tokens', () => {
  it('limit as a whole, cost one write for twenty, and are lost after a second', async () => {
    const spend = leasedTokens(bed.database, { capacity: 40, perSecond: 20 });
    const now = () => bed.clock.now();
    for (let i = 0; i < 40; i++) await spend('lease', now());
    await expect(spend('lease', now())).rejects.toMatchObject({
      kind: 'rate_limited',
      details: { retryAfter: 1 },
    });
    bed.clock.advance(1_000);
    await spend('lease', now());
    expect(await bed.rows("select tokens from rate_bucket where key = 'lease'")).toEqual([{ tokens: 0 }]);
    bed.clock.advance(1_001);
    await spend('lease', now());
    expect(
      await bed.rows("select round(tokens)::int as tokens from rate_bucket where key = 'lease'"),
    ).toEqual([{ tokens: 0 }]);
  });
});
