import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, type Kind, tokenShape } from './redactor.ts';
import { makeToken, openToken } from './tokens.ts';

const master = new Map<string, Buffer>();
const keys = {
  of: (tenant: string) => {
    const key = master.get(tenant) ?? randomBytes(64);
    master.set(tenant, key);
    return key;
  },
};
const redactor = (keepAddresses = false) =>
  createRedactor((kind, value) => makeToken(keys, 't1', kind, value), { keepAddresses });

const digit = fc.integer({ min: 0, max: 9 });
const digits = (n: number) => fc.array(digit, { minLength: n, maxLength: n });
const word = (
  min: number,
  max: number,
  from = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
) => fc.array(fc.constantFrom(...from), { minLength: min, maxLength: max }).map(c => c.join(''));
const luhnDigit = (body: number[]) => {
  const sum = body
    .toReversed()
    .reduce((all, d, i) => all + (i % 2 === 0 ? (d * 2 > 9 ? d * 2 - 9 : d * 2) : d), 0);
  return (10 - (sum % 10)) % 10;
};
const card = fc
  .tuple(
    fc.constantFrom([4], [5, 1], [5, 5], [3, 7], [2, 7], [6, 0]),
    digits(14),
    fc.constantFrom('', ' ', '-'),
  )
  .map(([lead, rest, sign]) => {
    const body = [...lead, ...rest].slice(0, 15);
    return [...body, luhnDigit(body)].join('').replace(/(.{4})(?=.)/g, `$1${sign}`);
  });
const iban = digits(18).map(d => {
  const number = d.join('');
  const check = 98n - (BigInt(`${number}131400`) % 97n); // DE = 13 14
  return `DE${String(check).padStart(2, '0')}${number}`;
});
const ssn = fc
  .tuple(fc.integer({ min: 1, max: 665 }), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 9999 }))
  .map(
    ([a, g, s]) =>
      `${String(a).padStart(3, '0')}-${String(g).padStart(2, '0')}-${String(s).padStart(4, '0')}`,
  );
const ip = fc
  .tuple(fc.constantFrom(8, 44, 81, 93, 185), digits(3))
  .map(([a, b]) => [a, ...b.map(d => d + 1)].join('.'));
const hosts = fc.constantFrom('mail.example', 'corp.test', 'shop.example.org');

const secrets: Record<
  string,
  { kind: Kind; arbitrary: fc.Arbitrary<string>; say?: (secret: string) => string }
> = {
  email: { kind: 'email', arbitrary: fc.tuple(word(1, 12), hosts).map(([who, host]) => `${who}@${host}`) },
  'encoded email': {
    kind: 'email',
    arbitrary: fc.tuple(word(1, 12), hosts).map(([who, host]) => `${who}%40${host}`),
  },
  card: { kind: 'card', arbitrary: card },
  iban: { kind: 'iban', arbitrary: iban },
  ssn: { kind: 'national', arbitrary: ssn },
  ip: { kind: 'ip', arbitrary: ip },
  'aws key': {
    kind: 'key',
    arbitrary: word(16, 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789').map(k => `AKIA${k}`),
  },
  'git token': { kind: 'key', arbitrary: word(36, 36).map(k => `ghp_${k}`) },
  'bearer token': { kind: 'bearer', arbitrary: word(20, 60), say: s => `Authorization: Bearer ${s}` },
  jwt: {
    kind: 'bearer',
    arbitrary: fc.tuple(word(12, 30), word(12, 60), word(20, 40)).map(p => `eyJ${p.join('.')}`),
  },
  password: { kind: 'secret', arbitrary: word(8, 24), say: s => `login failed password=${s} for user` },
  'api key in json': { kind: 'secret', arbitrary: word(12, 40), say: s => `{"api_key": "${s}", "n": 1}` },
  'password in a url': {
    kind: 'secret',
    arbitrary: word(8, 20),
    say: s => `postgres://svc:${s}@db.internal:5432/x`,
  },
  pem: {
    kind: 'key',
    arbitrary: word(64, 200).map(k => `-----BEGIN EC PRIVATE KEY-----\n${k}\n-----END EC PRIVATE KEY-----`),
  },
};
const filler = fc.constantFrom(
  '',
  'user logged in ',
  'took 1523 ms at 2026-01-01T00:00:00.000Z ',
  'ünïcode 漢 ',
  '(',
  '"',
  '[',
  'x=',
);
const after = fc.constantFrom('', ' done', ')', '"', ', next', ' 42 ms', '\n\tat f (a.js:1:2)');

describe('redaction at ingress', () => {
  it.each(Object.entries(secrets))(
    'leaves nothing of %s, wherever it stands, and gives it back to its tenant',
    (_name, { kind, arbitrary, say }) => {
      const { text, value } = redactor();
      fc.assert(
        fc.property(arbitrary, filler, after, (secret, before, behind) => {
          const clean = text(`${before}${(say ?? (s => s))(secret)}${behind}`);
          expect(clean).not.toContain(secret);
          const opened = [...clean.matchAll(tokenShape)].map(([token]) => openToken(keys, 't1', token));
          expect(opened.map(o => o?.value).join('\n')).toContain(secret);
          expect(opened.some(o => o?.kind === kind)).toBe(true);
          expect(text(clean)).toBe(clean);
          const nested = JSON.stringify(
            value({ a: [{ b: { note: `${before}${(say ?? (s => s))(secret)}` } }] }),
          );
          expect(nested).not.toContain(JSON.stringify(secret).slice(1, -1));
        }),
        { numRuns: 150 },
      );
    },
  );

  it('keeps what only looks like it', () => {
    for (const text of [
      'request took 1523 ms, 4111111111111112 is no card',
      'at 2026-11-21T10:00:00.000Z epoch 1795255200000 and 1795255200000000',
      'trace 0af7651916cd43dd8448eb211c80319c span b7ad6b7169203331',
      'id 019aa5c2-7b1e-7c3d-8f00-1234567890ab version 10.4.2 from 10.1.2.3 and 127.0.0.1 and ::1 at 12:30:45',
      'phone 000-00-0000 and order 123-45-67890',
      'node eu-west-n7 has 12345678901 bytes free',
    ])
      expect(redactor().text(text)).toBe(text);
  });

  it('keeps public addresses where policy allows it, and everything else it would not', () => {
    const said = '8.8.8.8 and 2606:4700:4700::1111 wrote to a@b.example';
    expect(redactor(true).text(said)).toMatch(/^8\.8\.8\.8 and 2606:4700:4700::1111 wrote to <email:/);
    expect(redactor(false).text(said)).toMatch(/^<ip:[\w-]+> and <ip:[\w-]+> wrote to <email:/);
  });

  it('takes names, numbers and secrets from fields that are known to hold them', () => {
    const clean = redactor().value({
      customer_name: 'Ada Lovelace',
      user: { firstName: 'Ada', 'last-name': 'Lovelace', mobile_phone: '0123', ssn: 'odd' },
      card: 4111111111111111,
      db_password: 12345,
      'mail of ada@b.example': 1,
      service_name: 'shop',
      hostname: 'web-1',
      duration_ms: 12,
    }) as Record<string, unknown>;
    expect(JSON.stringify(clean)).not.toMatch(/Ada|Lovelace|0123|odd|4111|12345|ada@/);
    expect(clean).toMatchObject({ service_name: 'shop', hostname: 'web-1', duration_ms: 12 });
  });

  it('takes what lies in lists and objects of such fields too', () => {
    const clean = redactor().value({
      password: ['hunter2'],
      customer_name: [['Ada Lovelace']],
      api_key: { value: 'k-1', rotated: { before: 'k-0' } },
      headers: { cookie: ['sid=abc'], accept: ['text/html'] },
      db_password: { email: 'a@b.example' },
    });
    expect(JSON.stringify(clean)).not.toMatch(/hunter2|Ada|k-1|k-0|sid=abc|a@b/);
    expect(clean).toMatchObject({ headers: { accept: ['text/html'] } });
  });

  it('gives equal values equal tokens within a tenant, and none to another tenant', () => {
    const token = makeToken(keys, 't1', 'email', 'a@b.example');
    expect(makeToken(keys, 't1', 'email', 'a@b.example')).toBe(token);
    expect(makeToken(keys, 't2', 'email', 'a@b.example')).not.toBe(token);
    expect(openToken(keys, 't1', token)).toEqual({ kind: 'email', value: 'a@b.example' });
    expect(openToken(keys, 't2', token)).toBeNull();
    expect(openToken(keys, 't1', token.replace('<email', '<card'))).toBeNull();
    expect(openToken(keys, 't1', '<email:forged>')).toBeNull();
  });
});
