import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '#kernel/signing/algorithm.ts';
import { federationRules } from '../schema.ts';
import {
  freshnessOf,
  hashOf,
  jwkOf,
  mayFollow,
  missingSignatures,
  nextRefresh,
  readBundle,
} from './bundle.ts';
import { judgeFlow } from './flow.ts';
import { highestBelieved, nextNumber, weighSaid } from './numbers.ts';

const { publicKey } = generateKeyPairSync('ed25519');
const jwk = jwkOf(publicKey, fingerprintOf(publicKey));
const bundle = (sequence: number, keys: object[] = [jwk]) =>
  ({ keys, spiffe_sequence: sequence, spiffe_refresh_hint: 300 }) as never;

describe('SPIFFE bundle rules', () => {
  it('skips keys of unknown kinds, without a use, and unreadable ones; keeps the rest', () => {
    const { use: _use, ...without } = jwk;
    const read = readBundle(
      bundle(1, [
        jwk,
        { kty: 'NEW', use: 'sig' },
        without,
        { ...jwk, x: '!' },
        { kty: 'RSA', use: 'sig', n: 'AQ', e: 'AQAB' },
      ]),
    );
    expect(read).toMatchObject({
      ok: true,
      bundle: { sequence: 1, ignored: 4, keys: [{ kid: jwk.kid, algorithm: 'ed25519' }] },
    });
  });
  it.each([
    [{ keys: [jwk], spiffe_refresh_hint: 300 }, 'malformed'],
    [{ keys: [jwk], spiffe_sequence: -1, spiffe_refresh_hint: 300 }, 'malformed'],
    ['x', 'malformed'],
    [{ keys: [], spiffe_sequence: 1, spiffe_refresh_hint: 300 }, 'no_keys'],
  ] as const)('refuses %j as %s', (input, reason) => {
    expect(readBundle(input)).toEqual({ ok: false, reason });
  });
  it('a sequence never goes back, and one number means one content', () => {
    const held = { sequence: 5, hash: hashOf(bundle(5)) };
    const next = (given: unknown) => {
      const read = readBundle(given);
      if (!read.ok) throw new Error(read.reason);
      return mayFollow(held, read.bundle);
    };
    expect(next(bundle(4))).toBe('rollback');
    expect(next(bundle(5))).toBeNull();
    expect(next(bundle(5, [jwk, { kty: 'NEW' }]))).toBe('fork');
    expect(next(bundle(6, [jwk, { kty: 'NEW' }]))).toBeNull();
  });
  it('refreshes before the hint with jitter; failures back off and never wait longer than the hint', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 604_800 }),
        fc.nat(40),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (hint, failures, random) => {
          const at = nextRefresh(0, hint, failures, random);
          expect(at).toBeGreaterThanOrEqual(1000);
          expect(at).toBeLessThanOrEqual(hint * 1000);
          if (failures === 0) expect(at).toBeGreaterThanOrEqual(hint * 800);
        },
      ),
    );
    expect(new Set([0, 0.3, 0.6, 1].map(random => nextRefresh(0, 300, 0, random))).size).toBe(4);
  });
  it('is fresh, then stale, then expired', () => {
    const of = (now: number) => freshnessOf(0, 300, 1, now);
    expect([of(600_000), of(600_001), of(3_599_999), of(3_600_000)]).toEqual([
      'fresh',
      'stale',
      'stale',
      'expired',
    ]);
  });
  it('names the kinds of signature that are missing', () => {
    expect(missingSignatures(['classical', 'ml-dsa-65'], ['ecdsa-p256', 'ml-dsa-65'])).toEqual([]);
    expect(missingSignatures(['classical', 'ml-dsa-65'], ['ed25519'])).toEqual(['ml-dsa-65']);
    expect(missingSignatures(['ed25519'], ['ecdsa-p256'])).toEqual(['ed25519']);
  });
});

describe('what may flow', () => {
  const place = (region: string, country: string | null) => ({ region, country });
  const eu = place('eu-west', 'IE');
  const us = place('us-east', 'US');
  const rules = federationRules.parse({
    replication: [
      { from: ['eu-west'], to: ['us-east'], allow: true },
      { from: ['*'], to: ['eu-west'], allow: true },
    ],
    borders: [
      { classes: ['health', 'personal'], from: ['IE'], to: ['*'], allow: false },
      { classes: ['public', 'internal', 'financial'], from: ['*'], to: ['*'], allow: true },
    ],
  });
  it('the first line that fits decides, and what no line allows is denied', () => {
    expect(judgeFlow(rules, { from: eu, to: us, dataClass: 'internal' }).allowed).toBe(true);
    expect(judgeFlow(rules, { from: eu, to: us, dataClass: 'personal' })).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('Line 1 keeps personal data'),
    });
    expect(judgeFlow(rules, { from: us, to: eu, dataClass: 'health' })).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('No line lets health'),
    });
    expect(judgeFlow(rules, { from: us, to: place('ap-south', 'IN'), dataClass: 'public' })).toMatchObject({
      allowed: false,
      reason: 'No line lets us-east replicate to ap-south.',
    });
  });
  it('a region without a country crosses a border that is ruled, and nothing leaves a place by staying', () => {
    const strict = federationRules.parse({
      borders: [{ classes: ['personal'], from: ['IE'], to: ['IE'], allow: true }],
    });
    expect(judgeFlow(strict, { from: eu, to: place('x', null), dataClass: 'personal' }).allowed).toBe(false);
    expect(judgeFlow(strict, { from: eu, to: place('eu-two', 'IE'), dataClass: 'personal' }).allowed).toBe(
      true,
    );
    expect(judgeFlow(strict, { from: us, to: us, dataClass: 'health' }).allowed).toBe(true);
    expect(judgeFlow(federationRules.parse({}), { from: eu, to: us, dataClass: 'health' }).allowed).toBe(
      true,
    );
  });
});

describe('numbers that others hold', () => {
  const time = fc.integer({ min: 1_600_000_000_000, max: 4_000_000_000_000 });

  it('grow, also where the clock does not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: highestBelieved }),
        time,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (highest, now, leap) => {
          const next = nextNumber(highest, now, leap);
          expect(next).toBeGreaterThan(highest);
          expect(next).toBeGreaterThanOrEqual(now > highest ? now : 0);
          expect(Number.isSafeInteger(next)).toBe(true);
        },
      ),
    );
  });

  it('of a console that was put back lie above all that it gave before it was lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(86_400_000), { minLength: 1, maxLength: 20 }),
        fc.nat(20),
        time,
        (steps, kept, from) => {
          let now = from;
          const given = steps
            .map(step => {
              now += step + 1;
              return now;
            })
            .map(at => nextNumber(0, at, 0));
          const before = given.slice(0, kept).at(-1) ?? 0;
          expect(nextNumber(before, now + 1, 0)).toBeGreaterThan(given.at(-1) ?? 0);
        },
      ),
    );
  });

  it('count as heard only where they were given here; one above all of them is a stranger, unless nothing is left above it', () => {
    const numbers = { standing: 20, given: [10, 20] };
    const say = (...sequences: number[]) =>
      weighSaid(
        sequences.map((sequence, n) => ({ target: `t${n}`, sequence })),
        numbers,
      );
    expect(say(10, 20, 15)).toEqual({
      heard: [
        { target: 't0', sequence: 10 },
        { target: 't1', sequence: 20 },
      ],
      stranger: null,
    });
    expect(say(21, 40, 30)).toEqual({ heard: [], stranger: { target: 't1', sequence: 40 } });
    expect(say(highestBelieved + 1)).toEqual({ heard: [], stranger: null });
  });
});
