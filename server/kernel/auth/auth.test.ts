import { describe, expect, it } from 'vitest';
import { seal, unseal } from '../signing/seal.ts';
import { csrfSafe } from './csrf.ts';
import { hashPassword, needsRehash, preferred, verifyPassword } from './password.ts';
import { lockedUntil, sessionState } from './session.ts';
import { acceptedStep, totpCode } from './totp.ts';

describe('TOTP', () => {
  // RFC 6238, appendix B, SHA-1, last six digits; the secret is "12345678901234567890".
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('gives the published code at %i', (seconds, code) => {
    expect(totpCode(secret, new Date(seconds * 1000))).toBe(code);
    expect(acceptedStep(secret, code, new Date(seconds * 1000), null)).toBe(BigInt(Math.floor(seconds / 30)));
  });
  // RFC 4226, appendix D: the same secret, counters 0 to 9.
  it.each(
    '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'
      .split(' ')
      .map((c, i) => [i, c] as const),
  )('gives the published HOTP value of counter %i', (counter, code) => {
    expect(totpCode(secret, new Date(counter * 30_000))).toBe(code);
  });
  it('accepts one step of clock difference, never a step twice, never an older one', () => {
    const now = new Date(1234567890_000);
    const step = BigInt(Math.floor(1234567890 / 30));
    expect(acceptedStep(secret, '005924', new Date(now.getTime() + 30_000), null)).toBe(step);
    expect(acceptedStep(secret, '005924', new Date(now.getTime() + 90_000), null)).toBeNull();
    expect(acceptedStep(secret, '005924', now, step)).toBeNull();
    expect(acceptedStep(secret, '005924', now, step + 5n)).toBeNull();
    expect(acceptedStep(secret, '５92４00', now, null)).toBeNull();
  });
});

describe('passwords', () => {
  it('verify, differ by salt, and compare the same characters as the same', async () => {
    const stored = await hashPassword('Ångström');
    expect(await verifyPassword('A\u030angstro\u0308m', stored)).toBe(true);
    expect(await verifyPassword('Angstrom', stored)).toBe(false);
    expect(await hashPassword('Ångström')).not.toBe(stored);
    expect(await verifyPassword('x', 'nonsense')).toBe(false);
  });
  it.each(['argon2id', 'scrypt'] as const)(
    'verify under %s; other costs or another kind ask for a new hash',
    async scheme => {
      const stored = await hashPassword('correct horse', scheme);
      expect(await verifyPassword('correct horse', stored)).toBe(true);
      expect(await verifyPassword('correct horse!', stored)).toBe(false);
      const bent = stored
        .replace(/.$/, last => (last === 'A' ? 'B' : 'A'))
        .replace(/.(?=.$)/, c => (c === 'x' ? 'y' : 'x'));
      expect(await verifyPassword('correct horse', bent)).toBe(false);
      expect(needsRehash(stored)).toBe(scheme !== preferred);
      expect(needsRehash(stored.replace(/m=\d+|ln=\d+/, 'm=8'))).toBe(true);
    },
  );
});

describe('sessions', () => {
  const now = new Date('2026-01-02T00:00:00Z');
  const live = { lastSeenAt: now, expiresAt: new Date(now.getTime() + 1), revokedAt: null };
  it('end by revocation, age and idleness', () => {
    expect(sessionState(live, now)).toBe('live');
    expect(sessionState({ ...live, revokedAt: now }, now)).toBe('revoked');
    expect(sessionState({ ...live, expiresAt: now }, now)).toBe('expired');
    expect(sessionState({ ...live, lastSeenAt: new Date(now.getTime() - 13 * 3600_000) }, now)).toBe('idle');
  });
  it('lock longer with each failure, at most an hour', () => {
    expect(lockedUntil(4, now)).toBeNull();
    expect(lockedUntil(5, now)?.getTime()).toBe(now.getTime() + 30_000);
    expect(lockedUntil(6, now)?.getTime()).toBe(now.getTime() + 60_000);
    expect(lockedUntil(50, now)?.getTime()).toBe(now.getTime() + 3600_000);
  });
});

describe('cross-site requests', () => {
  const ours = {
    method: 'POST',
    origin: 'http://localhost:3000',
    fetchSite: 'same-origin',
    marker: '1',
    ownOrigins: ['http://localhost:3000'],
  };
  it.each([
    ['our own', {}, true],
    ['a read', { method: 'GET', marker: null, origin: 'https://evil.example' }, true],
    ['without the marker', { marker: null }, false],
    ['from another origin', { origin: 'https://evil.example' }, false],
    ['from another site by the browser’s word', { fetchSite: 'cross-site' }, false],
    ['from a sibling subdomain', { fetchSite: 'same-site' }, false],
  ])('%s', (_what, change, safe) => {
    expect(csrfSafe({ ...ours, ...change })).toBe(safe);
  });
});

describe('sealed secrets', () => {
  const key = Buffer.alloc(32, 1);
  it('open for their own row only', () => {
    const sealed = seal(key, 'secret', 'row:1');
    expect(unseal(key, sealed, 'row:1').toString()).toBe('secret');
    expect(() => unseal(key, sealed, 'row:2')).toThrow(/does not open/);
    expect(() => unseal(Buffer.alloc(32, 2), sealed, 'row:1')).toThrow(/does not open/);
    expect(() => unseal(key, 'plain', 'row:1')).toThrow(/not a sealed value/);
  });
});
