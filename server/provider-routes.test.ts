import { afterAll, beforeAll, expect, it } from 'vitest';
import { sessionIdFrom } from '#kernel/auth/cookie.ts';
import { resolvePrincipal } from '#kernel/auth/gate.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { type ProviderBed, providerClient, startProvider } from '#scripts/testing/provider.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { GET as callback } from '../app/api/oidc/callback/route.ts';
import { GET as start } from '../app/api/oidc/start/route.ts';

const publicUrl = 'https://console.example';
let bed: TestBed;
let provider: ProviderBed;

beforeAll(async () => {
  bed = await testBed();
  provider = await startProvider(`${publicUrl}/api/oidc/callback`);
  loadEnvForTest({
    ATOM_SECRET: testSecret,
    LOG_LEVEL: 'silent',
    ATOM_PROCESS: 'test',
    POSTGRES_DSN: bed.adminUrl,
    PUBLIC_URL: publicUrl,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: providerClient.id,
    OIDC_CLIENT_SECRET: providerClient.secret,
  });
  provider.people.set('one', { preferred_username: 'visitor', name: 'Visitor' });
});
afterAll(async () => {
  await provider.close();
  await consoleDatabase().close();
  await bed.close();
});

const get = (handler: (request: Request) => Promise<Response>, path: string, cookie = '') =>
  handler(new Request(new URL(path, publicUrl), { headers: { cookie, 'user-agent': 'test' } }));
const cookieIn = (response: Response, name: string) =>
  response.headers.getSetCookie().find(line => line.startsWith(`__Host-atom-${name}=`));

it('leads to the provider and back into a session, with cookies that only this host and HTTPS see', async () => {
  const out = await get(start, '/api/oidc/start?next=/federation/tenants');
  expect(out.status).toBe(302);
  const visit = cookieIn(out, 'visit') ?? '';
  expect(visit).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/);
  const back = await provider.walk(out.headers.get('location') ?? '', 'one');
  const cookie = visit.split(';', 1)[0];
  const home = await get(callback, `${back.pathname}${back.search}`, cookie);
  expect(home.headers.get('location')).toBe(`${publicUrl}/federation/tenants`);
  expect(cookieIn(home, 'visit')).toContain('Max-Age=0');
  const session = cookieIn(home, 'session') ?? '';
  expect(session).toMatch(/HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/);
  const sessionId = await sessionIdFrom(session.split(';', 1)[0] ?? '');
  const deps = { database: consoleDatabase(), clock: systemClock };
  expect(await resolvePrincipal({ sessionId }, deps)).toMatchObject({ name: 'visitor', holders: ['guest'] });

  const again = await get(callback, `${back.pathname}${back.search}`, cookie);
  expect(again.headers.get('location')).toBe(`${publicUrl}/sign-in?error=oidc.state_unknown`);
  expect(cookieIn(again, 'session')).toBeUndefined();
});

it('opens nothing for a browser that did not begin, and says so on the sign-in page', async () => {
  const out = await get(start, '/api/oidc/start');
  const back = await provider.walk(out.headers.get('location') ?? '', 'one');
  const refused = await get(callback, `${back.pathname}${back.search}`);
  expect(refused.headers.get('location')).toBe(`${publicUrl}/sign-in?error=oidc.other_browser`);
  expect(cookieIn(refused, 'session')).toBeUndefined();
});

it('connects nothing without a session', async () => {
  const out = await get(start, '/api/oidc/start?ticket=018f0000-0000-7000-8000-000000000000');
  expect(out.headers.get('location')).toBe(`${publicUrl}/settings/security?error=oidc.link_lost`);
});
