import { describe, expect, it } from 'vitest';
import { answersAnonymously, safeNext, signInPath } from './anonymous.ts';
import { sessionCookies } from './cookie.ts';
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
  expect(sessionCookies('https://console.example').session).toEqual({
    name: '__Host-atom-session',
    options: { httpOnly: true, sameSite: 'lax', path: '/', secure: true },
  });
  expect(sessionCookies('http://localhost:3000').session.name).toBe('atom-session');
});
