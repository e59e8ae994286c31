import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  contentDigest,
  type Message,
  parseInput,
  signAnswer,
  signatureBase,
  signMessage,
  signRequest,
  verifyBase,
  verifyMessage,
} from './message-signatures.ts';

/** RFC 9421, appendix B: keys, messages and signatures as published. */
const ed25519 = {
  public: `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----`,
  private: `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----`,
};
const p256 = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----`;

const headersOf = (headers: Record<string, string>) => (name: string) => headers[name];
const request: Message = {
  method: 'POST',
  url: new URL('https://example.com/foo?param=Value&Pet=dog'),
  body: Buffer.from('{"hello": "world"}'),
  header: headersOf({
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'content-length': '18',
  }),
};
const response: Message = {
  status: 200,
  body: Buffer.from('{"message": "good dog"}'),
  header: headersOf({
    date: 'Tue, 20 Apr 2021 02:07:56 GMT',
    'content-type': 'application/json',
    'content-digest':
      'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
    'content-length': '23',
  }),
};

describe('RFC 9421, appendix B', () => {
  it('B.2.6: Ed25519 gives exactly the published base, input and signature', () => {
    const components = ['date', '@method', '@path', '@authority', 'content-type', 'content-length'];
    const made = signMessage(
      request,
      { key: createPrivateKey(ed25519.private) },
      components,
      { created: 1618884473, keyid: 'test-key-ed25519' },
      'sig-b26',
    );
    expect(made).toEqual({
      'signature-input':
        'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
      signature:
        'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
    });
    const parsed = parseInput(made['signature-input']);
    expect(parsed).toMatchObject({ label: 'sig-b26', components });
    const base = signatureBase(request, components, parsed?.input ?? '') ?? '';
    expect(base.split('\n')).toEqual([
      '"date": Tue, 20 Apr 2021 02:07:55 GMT',
      '"@method": POST',
      '"@path": /foo',
      '"@authority": example.com',
      '"content-type": application/json',
      '"content-length": 18',
      '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    ]);
  });

  it('B.2.4: the published ECDSA P-256 signature of an answer verifies, and no longer once a line differs', () => {
    const input =
      '("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"';
    const published = Buffer.from(
      'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
      'base64',
    );
    const components = parseInput(`sig-b24=${input}`)?.components ?? [];
    const key = createPublicKey(p256);
    const base = (of: Message) => signatureBase(of, components, input) ?? '';
    expect(verifyBase(key, base(response), published)).toBe(true);
    expect(verifyBase(key, base({ ...response, status: 201 }), published)).toBe(false);
  });
});

describe('a request between regions', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const now = new Date('2026-01-01T00:00:00Z');
  const body = Buffer.from('{"a":1}');
  const url = 'http://127.0.0.1:8407/federation/announce';
  const seen = new Set<string>();
  const options = {
    key: (id: string) => (id === 'k1' ? publicKey : null),
    now,
    fresh: async (_id: string, nonce: string) => !seen.has(nonce) && Boolean(seen.add(nonce)),
  };
  const sent = (headers: Record<string, string>, change: Partial<Message> = {}): Message => ({
    method: 'POST',
    url: new URL(url),
    body,
    header: headersOf(headers),
    ...change,
  });
  const signed = () => signRequest({ method: 'POST', url, body }, { keyid: 'k1', key: privateKey }, now);

  it('is taken once', async () => {
    const headers = signed();
    expect(await verifyMessage(sent(headers), options)).toMatchObject({ ok: true, keyid: 'k1' });
    expect(await verifyMessage(sent(headers), options)).toEqual({ ok: false, reason: 'replayed' });
  });

  it.each([
    ['unsigned', sent({ 'content-type': 'application/json' })],
    ['bad_signature', sent(signed(), { method: 'PUT' })],
    ['bad_signature', sent(signed(), { url: new URL('http://127.0.0.1:8407/federation/revoke') })],
    ['digest', sent(signed(), { body: Buffer.from('{"a":2}') })],
    ['bad_signature', sent({ ...signed(), 'content-digest': contentDigest(Buffer.from('{"a":2}')) })],
    ['malformed', sent({ ...signed(), 'signature-input': 'sig1=nonsense' })],
    ['unknown_key', sent(signRequest({ method: 'POST', url, body }, { keyid: 'k2', key: privateKey }, now))],
    [
      'too_old',
      sent(
        signRequest(
          { method: 'POST', url, body },
          { keyid: 'k1', key: privateKey },
          new Date(now.getTime() - 301_000),
        ),
      ),
    ],
  ] as const)('is refused as %s', async (reason, message) => {
    expect(await verifyMessage(message, options)).toEqual({ ok: false, reason });
  });

  it('must cover what makes it what it is', async () => {
    const headers = { 'content-type': 'application/json', 'content-digest': contentDigest(body) };
    const bare = sent(headers);
    const partly = signMessage(bare, { key: privateKey }, ['@method', 'content-digest'], {
      created: now.getTime() / 1000,
      nonce: 'n',
      keyid: 'k1',
    });
    expect(await verifyMessage(sent({ ...headers, ...partly }), options)).toEqual({
      ok: false,
      reason: 'not_covered',
    });
  });

  it('has an answer that is signed too', async () => {
    const answer = signAnswer(
      { status: 200, body, contentType: 'application/json' },
      { keyid: 'k1', key: privateKey },
      now,
      'asked',
    );
    const message: Message = { status: 200, body, header: headersOf(answer) };
    expect(await verifyMessage(message, { key: options.key, now })).toMatchObject({
      ok: true,
      nonce: 'asked',
    });
    expect(await verifyMessage({ ...message, status: 404 }, { key: options.key, now })).toMatchObject({
      ok: false,
    });
  });
});
