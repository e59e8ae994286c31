import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { acceptPublicKey, preAuthEncoding, signEnvelope, signedBy, verifyEnvelope } from './dsse.ts';

const type = 'http://example.com/HelloWorld';
const payload = Buffer.from('hello world');

describe('DSSE', () => {
  it('encodes the protocol example as published', () => {
    expect(preAuthEncoding(type, payload).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
  });

  it('accepts the published example signature', () => {
    // The key and signature of the DSSE protocol page (ECDSA P-256, SHA-256; d is the test secret of that page).
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      d: Buffer.from(
        97358161215184420915383655311931858321456579547487070936769975997791359926199n
          .toString(16)
          .padStart(64, '0'),
        'hex',
      ).toString('base64url'),
      x: Buffer.from(
        46950820868899156662930047687818585632848591499744589407958293238635476079160n
          .toString(16)
          .padStart(64, '0'),
        'hex',
      ).toString('base64url'),
      y: Buffer.from(
        5640078356564379163099075877009565129882514886557779369047442380624545832820n
          .toString(16)
          .padStart(64, '0'),
        'hex',
      ).toString('base64url'),
    };
    const key = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' }));
    const raw = Buffer.from(
      'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==',
      'base64',
    );
    expect(raw.length).toBe(64);
    const envelope = {
      payload: 'aGVsbG8gd29ybGQ=',
      payloadType: type,
      signatures: [{ keyid: 'example', sig: derOf(raw).toString('base64') }],
    };
    expect(verifyEnvelope(envelope, type, [{ id: 'example', key }]).ok).toBe(true);
  });

  const pair = generateKeyPairSync('ed25519');
  const other = generateKeyPairSync('ed25519');
  const keys = [{ id: 'a', key: pair.publicKey }];
  const good = signEnvelope(type, payload, [{ id: 'a', key: pair.privateKey }]);

  it('verifies its own and names each refusal', () => {
    expect(verifyEnvelope(good, type, keys)).toMatchObject({ ok: true, keys: ['a'] });
    expect(verifyEnvelope({ ...good, signatures: [] }, type, keys)).toEqual({
      ok: false,
      reason: 'unsigned',
    });
    expect(
      verifyEnvelope({ ...good, payload: Buffer.from('hello World').toString('base64') }, type, keys),
    ).toEqual({ ok: false, reason: 'tampered' });
    expect(verifyEnvelope(good, 'application/json', keys)).toEqual({ ok: false, reason: 'wrong_type' });
    expect(verifyEnvelope(good, type, [{ id: 'b', key: other.publicKey }])).toEqual({
      ok: false,
      reason: 'wrong_key',
    });
    expect(verifyEnvelope({ ...good, payload: 'a*b' }, type, keys)).toEqual({
      ok: false,
      reason: 'malformed',
    });
  });

  it('counts a key that signs twice once', () => {
    const twice = { ...good, signatures: [...good.signatures, ...good.signatures] };
    expect(verifyEnvelope(twice, type, keys)).toMatchObject({ ok: true, keys: ['a'] });
  });

  it.each([
    ['Ed25519', pair],
    ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ])('says the same beside the main thread: %s', async (_name, mine) => {
    const signed = signEnvelope(type, payload, [{ id: 'a', key: mine.privateKey }]);
    const held = (envelope = signed, of = type, key = mine.publicKey) => signedBy(envelope, of, key);
    expect(await held()).toBe(true);
    expect(await held({ ...signed, signatures: [] })).toBe(false);
    expect(await held({ ...signed, payload: Buffer.from('hello World').toString('base64') })).toBe(false);
    expect(await held({ ...signed, payload: 'a*b' })).toBe(false);
    expect(await held({ ...signed, signatures: [{ keyid: 'a', sig: 'AAAA' }] })).toBe(false);
    expect(await held(signed, 'application/json')).toBe(false);
    expect(await held(signed, type, other.publicKey)).toBe(false);
  });

  it('accepts Ed25519 and P-256 public keys only', () => {
    const pem = (key: ReturnType<typeof generateKeyPairSync>['publicKey']) =>
      key.export({ type: 'spki', format: 'pem' }).toString();
    expect(acceptPublicKey(pem(pair.publicKey))?.algorithm).toBe('ed25519');
    expect(acceptPublicKey(pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey))).toBeNull();
    expect(acceptPublicKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toBeNull();
    expect(acceptPublicKey('nonsense')).toBeNull();
  });
});

function derOf(raw: Buffer): Buffer {
  const int = (bytes: Buffer) => {
    let trimmed = bytes;
    while (trimmed.length > 1 && trimmed[0] === 0) trimmed = trimmed.subarray(1);
    if ((trimmed[0] as number) & 0x80) trimmed = Buffer.concat([Buffer.from([0]), trimmed]);
    return Buffer.concat([Buffer.from([2, trimmed.length]), trimmed]);
  };
  const body = Buffer.concat([int(raw.subarray(0, 32)), int(raw.subarray(32))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
