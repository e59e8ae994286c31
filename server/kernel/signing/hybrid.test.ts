import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { algorithmOf, fingerprintOf, generatePrivateKey, signAside } from './algorithm.ts';
import { type DsseEnvelope, signBytes, signEnvelope, verifyBytes } from './dsse.ts';
import { type HybridRefusal, hybridRefusals, type TrustedKey, verifyHybrid } from './hybrid.ts';

const type = 'application/vnd.in-toto+json';
const payload = Buffer.from('{"a":1}');
const now = new Date('2026-03-01T12:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);

const trusted = (key: KeyObject, more: Partial<TrustedKey> = {}): TrustedKey => {
  const algorithm = algorithmOf(key);
  if (!algorithm) throw new Error('No key of ours.');
  return { id: fingerprintOf(key), key, algorithm, ...more };
};
const ed = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pq = generateKeyPairSync('ml-dsa-65');
const strangers = [generateKeyPairSync('ed25519'), generateKeyPairSync('ml-dsa-65')];
const by = (...pairs: { publicKey: KeyObject; privateKey: KeyObject }[]): DsseEnvelope =>
  signEnvelope(
    type,
    payload,
    pairs.map(p => ({ id: fingerprintOf(p.publicKey), key: p.privateKey })),
  );
const keys = [trusted(ed.publicKey), trusted(pq.publicKey), trusted(p256.publicKey)];
const good = by(ed, pq);
const reason = (envelope: DsseEnvelope, among: readonly TrustedKey[] = keys, asked = type) => {
  const held = verifyHybrid(envelope, asked, among, now);
  return held.ok ? 'ok' : held.reason;
};
const withKey = (pair: { publicKey: KeyObject }, more: Partial<TrustedKey>) =>
  keys.map(k => (k.id === fingerprintOf(pair.publicKey) ? { ...k, ...more } : k));

describe('a hybrid signature', () => {
  it('holds with either classical kind, in any order, beside a stranger’s', () => {
    expect(reason(good)).toBe('ok');
    expect(reason(by(pq, p256))).toBe('ok');
    expect(reason({ ...good, signatures: [...by(...strangers).signatures, ...good.signatures] })).toBe('ok');
  });

  it('does not believe the key id that an envelope names', () => {
    const [a, b] = good.signatures;
    const swapped = {
      ...good,
      signatures: [
        { ...a, keyid: b?.keyid },
        { ...b, keyid: a?.keyid },
      ],
    };
    expect(reason(swapped as DsseEnvelope)).toBe('ok');
    const noNames = { ...good, signatures: good.signatures.map(({ sig }) => ({ sig })) };
    expect(reason(noNames)).toBe('ok');
  });

  const [first] = good.signatures;
  const changedPayload = { ...good, payload: Buffer.from('{"a":2}').toString('base64') };
  const damaged = {
    ...good,
    signatures: good.signatures.map(s =>
      s === first ? s : { ...s, sig: `${s.sig.startsWith('A') ? 'B' : 'A'}${s.sig.slice(1)}` },
    ),
  };
  const twice = { ...good, signatures: [...good.signatures, ...by(ed).signatures] };
  const cases: [string, HybridRefusal, () => string][] = [
    ['changed content', 'tampered', () => reason(changedPayload)],
    ['one damaged signature', 'tampered', () => reason(damaged)],
    ['the classical half only', 'half_signed', () => reason(by(ed))],
    ['the post-quantum half only', 'half_signed', () => reason(by(pq))],
    ['two classical signatures', 'half_signed', () => reason(by(ed, p256))],
    ['a post-quantum half by a stranger', 'wrong_key', () => reason(by(ed, strangers[1] ?? pq))],
    ['strangers only', 'wrong_key', () => reason(by(...strangers))],
    ['a classical key past its time', 'expired', () => reason(good, withKey(ed, { verifyUntil: now }))],
    [
      'a post-quantum key past its time',
      'expired',
      () => reason(good, withKey(pq, { verifyUntil: later(-1) })),
    ],
    ['a revoked classical key', 'revoked', () => reason(good, withKey(ed, { revokedAt: now }))],
    ['a revoked post-quantum key', 'revoked', () => reason(good, withKey(pq, { revokedAt: later(-1) }))],
    ['a payload type that was not asked for', 'wrong_type', () => reason(good, keys, 'application/json')],
    ['a key that signs twice', 'duplicated_key', () => reason(twice)],
    [
      'a key that is trusted under two names and signs twice',
      'duplicated_key',
      () => reason(by(ed, ed, pq), [...keys, trusted(ed.publicKey, { id: 'other name' })]),
    ],
    ['no signature', 'unsigned', () => reason({ ...good, signatures: [] })],
    ['base64 that is none', 'malformed', () => reason({ ...good, payload: 'a*b' })],
    [
      'an empty signature',
      'malformed',
      () => reason({ ...good, signatures: [{ keyid: 'x', sig: '' }, ...good.signatures] }),
    ],
  ];
  it.each(cases)('is refused: %s → %s', (_name, wanted, got) => expect(got()).toBe(wanted));

  it('has a test and a sentence of its own for each reason', () => {
    expect(new Set(cases.map(c => c[1]))).toEqual(new Set(Object.keys(hybridRefusals)));
    expect(new Set(Object.values(hybridRefusals)).size).toBe(Object.keys(hybridRefusals).length);
  });

  it('of a rotated key counts until its stated time, and of a revoked one until then', () => {
    expect(reason(good, withKey(ed, { verifyUntil: later(1) }))).toBe('ok');
    expect(reason(good, withKey(pq, { revokedAt: later(1) }))).toBe('ok');
  });

  it('breaks with any single changed bit of content, type or signature', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('payload', 'sig0', 'sig1'),
        fc.nat(3300),
        fc.integer({ min: 0, max: 7 }),
        (where, at, bit) => {
          const flip = (text: string) => {
            const bytes = Buffer.from(text, 'base64');
            const i = at % bytes.length;
            bytes.writeUInt8(bytes.readUInt8(i) ^ (1 << bit), i);
            return bytes.toString('base64');
          };
          const bent =
            where === 'payload'
              ? { ...good, payload: flip(good.payload) }
              : {
                  ...good,
                  signatures: good.signatures.map((s, i) =>
                    `sig${i}` === where ? { ...s, sig: flip(s.sig) } : s,
                  ),
                };
          return reason(bent) === 'tampered';
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('Ed25519', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const le = (bytes: Buffer) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);

  it.each([
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
  ])('RFC 8032 section 7.1: %s', (x, message, signature) => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(x, 'hex').toString('base64url') };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    expect(verifyBytes(key, Buffer.from(message, 'hex'), Buffer.from(signature, 'hex'))).toBe(true);
    expect(verifyBytes(key, Buffer.from('else'), Buffer.from(signature, 'hex'))).toBe(false);
  });

  it('has no second signature for the same bytes: S beyond the group order is refused', () => {
    const signature = signBytes(ed.privateKey, payload);
    const beyond = (le(signature.subarray(32)) + order).toString(16).padStart(64, '0');
    const bent = Buffer.concat([signature.subarray(0, 32), Buffer.from(beyond, 'hex').reverse()]);
    expect(bent).toHaveLength(64);
    expect(verifyBytes(ed.publicKey, payload, bent)).toBe(false);
    expect(verifyBytes(ed.publicKey, payload, signature)).toBe(true);
  });
});

describe('ML-DSA-65', () => {
  const raw = (key: KeyObject) => Buffer.from(String(key.export({ format: 'jwk' }).pub), 'base64url');

  it('signed here is good for an independent implementation, and the other way round', () => {
    const message = Buffer.from('both ways');
    expect(ml_dsa65.verify(signBytes(pq.privateKey, message), message, raw(pq.publicKey))).toBe(true);
    const seed = Buffer.from(String(pq.privateKey.export({ format: 'jwk' }).priv), 'base64url');
    const theirs = ml_dsa65.keygen(seed);
    expect(Buffer.from(theirs.publicKey)).toEqual(raw(pq.publicKey));
    const signature = ml_dsa65.sign(message, theirs.secretKey);
    expect(verifyBytes(pq.publicKey, message, signature)).toBe(true);
    expect(verifyBytes(pq.publicKey, Buffer.from('other'), signature)).toBe(false);
    expect(ml_dsa65.verify(signBytes(pq.privateKey, message), Buffer.from('other'), raw(pq.publicKey))).toBe(
      false,
    );
  });

  it('signs off the event loop what verifies at once, as the other kinds do', async () => {
    for (const algorithm of ['ed25519', 'ecdsa-p256', 'ml-dsa-65'] as const) {
      const key = generatePrivateKey(algorithm);
      expect(algorithmOf(key)).toBe(algorithm);
      expect(verifyBytes(key, payload, await signAside(key, payload))).toBe(true);
    }
    expect(algorithmOf(generateKeyPairSync('ml-dsa-87').publicKey)).toBeNull();
    expect(algorithmOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)).toBeNull();
  });
});
