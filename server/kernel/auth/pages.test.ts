import { UnsecuredJWT } from 'jose';
import { encode } from 'next-auth/jwt';
import { describe, expect, it } from 'vitest';
import { env } from '../env/env.ts';
import { answersAnonymously, safeNext, signInPath } from './anonymous.ts';
import { cookieSecret, cookiesFor, readCookie, sealSessionId, sessionIdFrom } from './cookie.ts';
import { contentSecurityPolicy, securityHeaders } from './headers.ts';

describe('where signing in leads', () => {
  it.each([
    ['/tenants?state=active', '/tenants?state=active'],
    ['/settings/security#codes', '/settings/security#codes'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/\t/evil.example', '/'],
    ['/..//evil.example', '/'],
    ['/sign-in?next=/x', '/'],
    ['/api/auth/signout', '/'],
    ['/portal/audits', '/portal/audits'],
    ['', '/'],
    [null, '/'],
  ])('%j → %s', (given, path) => {
    const next = safeNext(given);
    expect(new URL(next, 'https://console.example').origin).toBe('https://console.example');
    expect(next).toBe(path);
  });

  it('asks for signing in everywhere but at what the table names', () => {
    expect(answersAnonymously('/sign-in')).toBe(true);
    expect(answersAnonymously('/.well-known/jwks.json')).toBe(true);
    expect(answersAnonymously('/favicon.ico')).toBe(true);
    for (const path of ['/portal', '/portal/sync', '/portal/hashes', '/portal/checkpoint'])
      expect(answersAnonymously(path)).toBe(true);
    for (const path of ['/portal/audits', '/portal/active', '/portal/evidence/x', '/portal/sync/x'])
      expect(answersAnonymously(path)).toBe(false);
    for (const path of ['/', '/tenants', '/sign-inside', '/apis', '/settings/users', '/tenants/a.ico'])
      expect(answersAnonymously(path)).toBe(false);
    expect(signInPath('/tenants?state=active')).toBe('/sign-in?next=%2Ftenants%3Fstate%3Dactive');
  });
});

describe('headers of a page', () => {
  const page = { nonce: 'abc', https: true, development: false };
  it('let scripts run with the nonce only', () => {
    const policy = contentSecurityPolicy(page);
    expect(policy).toContain("script-src 'self' 'nonce-abc' 'strict-dynamic';");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    for (const rule of [
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "object-src 'none'",
      "form-action 'self'",
    ])
      expect(policy).toContain(rule);
  });
  it('ask for HTTPS only where there is HTTPS', () => {
    expect(securityHeaders(page)).toHaveProperty('strict-transport-security');
    expect(securityHeaders({ ...page, https: false })).not.toHaveProperty('strict-transport-security');
    expect(contentSecurityPolicy({ ...page, https: false })).not.toContain('upgrade-insecure');
  });
});

it('binds the cookie to the host over HTTPS, and never shows it to scripts', () => {
  expect(cookiesFor('https://console.example').session).toEqual({
    name: '__Host-atom-session',
    options: { httpOnly: true, sameSite: 'lax', path: '/', secure: true },
  });
  expect(cookiesFor('http://localhost:3000').session.name).toBe('atom-session');
});

describe('the session cookie', () => {
  const sid = '018f0000-0000-7000-8000-000000000000';
  const header = (value: string) =>
    `theme=dark; ${cookiesFor(env().publicUrl).session.name}=${value}; other=1`;

  it('names its session', async () => {
    expect(await sessionIdFrom(header(await sealSessionId(sid)))).toBe(sid);
    expect(readCookie('a=1; b=2=3', 'b')).toBe('2=3');
  });

  it('names none when forged, expired, changed, of another installation or not a cookie of ours', async () => {
    const good = await sealSessionId(sid);
    const another = await sealSessionId(sid, 'the secret of somebody else');
    const expired = await encode({ token: { sid }, secret: cookieSecret(), maxAge: -60 });
    const unsigned = new UnsecuredJWT({ sid }).encode();
    const other = await encode({ token: { sub: sid }, secret: cookieSecret() });
    const changed = good.replace(
      /\.([\w-])([\w-]+)$/,
      (_all, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}`,
    );
    expect(changed).not.toBe(good);
    for (const bad of [another, expired, unsigned, other, changed, sid, 'x'.repeat(10_000), ''])
      expect(await sessionIdFrom(header(bad))).toBeUndefined();
    expect(await sessionIdFrom(null)).toBeUndefined();
  });
});
