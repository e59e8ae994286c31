import { generateKeyPairSync } from 'node:crypto';
import { UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { resolvePrincipal } from '#kernel/auth/gate.ts';
import { totpCode } from '#kernel/auth/totp.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import {
  type Interference,
  type ProviderBed,
  providerClient,
  startProvider,
} from '#scripts/testing/provider.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { beginVisit, createCaller, finishVisit, signIn } from '#server/root.ts';
import { createUser } from '../identity/service.ts';

const publicUrl = 'http://localhost:27000';
const ip = '10.9.0.1';
let bed: TestBed;
let provider: ProviderBed;
let serial = 0;
let subject: string;

function configure(more: Record<string, string> = {}) {
  loadEnvForTest({
    ATOM_SECRET: testSecret,
    LOG_LEVEL: 'silent',
    ATOM_PROCESS: 'test',
    PUBLIC_URL: publicUrl,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: providerClient.id,
    OIDC_CLIENT_SECRET: providerClient.secret,
    ...more,
  });
}

beforeAll(async () => {
  bed = await testBed();
  provider = await startProvider(`${publicUrl}/api/oidc/callback`);
});
afterAll(async () => {
  await provider.close();
  await bed.close();
});
beforeEach(() => {
  configure();
  bed.clock.set(new Date());
  subject = `subject-${++serial}`;
  provider.interfere = {};
  provider.people.set(subject, {
    name: 'River Stone',
    preferred_username: `river${serial}`,
    email: `river${serial}@example.org`,
    email_verified: true,
    groups: ['staff'],
  });
});

const from = () => ({ database: bed.database, clock: bed.clock, ip: `${ip}${serial}`, userAgent: 'test' });
const begin = (given: { ticket?: string; sessionId?: string; next?: string } = {}) =>
  beginVisit(from(), { next: given.next ?? null, ticket: given.ticket ?? null, sessionId: given.sessionId });
async function comeBack(as = subject, given: Parameters<typeof begin>[0] = {}) {
  const { url, browser } = await begin(given);
  const back = await provider.walk(url, as);
  return { query: back.searchParams, browser, sessionId: given?.sessionId };
}
const come = async (as = subject, given: Parameters<typeof begin>[0] = {}) =>
  finishVisit(from(), await comeBack(as, given));
async function enter(as = subject) {
  const end = await come(as);
  if (end.status !== 'in') throw new Error(`Not signed in: ${JSON.stringify(end)}`);
  return end.opened.sessionId;
}
const who = (sessionId: string) =>
  resolvePrincipal({ sessionId }, { database: bed.database, clock: bed.clock });
const callAs = async (sessionId: string) => createCaller(bed.as(await who(sessionId)));
const ticketIn = ({ url }: { url: string }) => new URL(url).searchParams.get('ticket') ?? '';
const accounts = () => bed.rows<{ n: number }>('select count(*)::int as n from "user"');

describe('signing in through a provider', () => {
  it('walks the whole way and opens an account without rights, twice the same one', async () => {
    const sessionId = await enter();
    const first = await who(sessionId);
    expect(first).toMatchObject({ kind: 'user', name: `river${serial}`, holders: ['guest'], mfaAt: null });
    expect(await (await callAs(sessionId)).identity.me()).toMatchObject({
      displayName: 'River Stone',
      roles: ['guest'],
    });
    await expect((await callAs(sessionId)).tenants.list({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await who(await enter())).id).toBe(first.id);
  });

  it('asks with state, nonce and PKCE, and leads on to where one wanted to go, never elsewhere', async () => {
    const { url } = await begin();
    const asked = new URL(url).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(asked.get(name)?.length).toBeGreaterThanOrEqual(43);
    expect(await come(subject, { next: '/federation/tenants?x=1' })).toMatchObject({
      status: 'in',
      next: '/federation/tenants?x=1',
    });
    expect(await come(subject, { next: '//elsewhere.example' })).toMatchObject({ status: 'in', next: '/' });
  });

  it('gives the roles that the mapping says, at each sign-in, and ends the sessions that had more', async () => {
    configure({ OIDC_ROLE_MAP: 'staff=operator, deciders=approver' });
    provider.people.set(subject, { ...provider.people.get(subject), groups: ['staff', 'deciders', 'admin'] });
    const sessionId = await enter();
    expect((await who(sessionId)).holders).toEqual(['operator', 'approver']);
    provider.people.set(subject, { ...provider.people.get(subject), groups: 'deciders' });
    const later = await enter();
    expect((await who(later)).holders).toEqual(['approver']);
    expect((await who(sessionId)).kind).toBe('anonymous');
    provider.people.set(subject, { ...provider.people.get(subject), groups: { staff: true } });
    expect((await who(await enter())).holders).toEqual(['guest']);
  });

  it('refuses a suspended account, whatever the provider says', async () => {
    const { id } = await who(await enter());
    await bed.rows('update "user" set state = \'suspended\' where id = $1', [id]);
    expect(await come()).toMatchObject({ status: 'refused', code: 'oidc.account_closed' });
  });

  it('admits only verified addresses of the allowed domains, and only the allowed groups', async () => {
    configure({ OIDC_ALLOWED_DOMAINS: 'example.org, example.net', OIDC_ALLOWED_GROUPS: 'staff' });
    expect((await come()).status).toBe('in');
    const person = provider.people.get(subject);
    for (const claims of [
      { ...person, email_verified: false },
      { ...person, email: 'river@example.org.evil' },
      { ...person, groups: ['others'] },
    ]) {
      provider.people.set(subject, claims);
      expect(await come()).toMatchObject({ status: 'refused', code: 'oidc.not_admitted', next: '/sign-in' });
    }
  });

  it('makes one account of two first sign-ins at once', async () => {
    const both = await Promise.all([comeBack(), comeBack()]);
    const ends = await Promise.all(both.map(answer => finishVisit(from(), answer)));
    const ids = await Promise.all(
      ends.map(async end => (end.status === 'in' ? (await who(end.opened.sessionId)).id : end.status)),
    );
    expect(new Set(ids).size).toBe(1);
  });
});

describe('a local account', () => {
  const local = async () => {
    const made = await createUser(
      bed.system,
      {
        name: `river${serial}`,
        displayName: 'Local River',
        roles: ['operator'],
        email: `river${serial}@example.org`,
      },
      false,
    );
    const sign = () => signIn({ name: `river${serial}`, password: made.password }, from());
    return { id: made.user.id, password: made.password, sessionId: (await sign()).sessionId };
  };

  it('is not opened by a provider that vouches for the same name and a verified address of it', async () => {
    const { id } = await local();
    const sessionId = await enter();
    const opened = await who(sessionId);
    expect(opened.id).not.toBe(id);
    expect(opened.name).toMatch(new RegExp(`^river${serial}-[0-9a-f]{8}$`));
    expect(opened.holders).toEqual(['guest']);
  });

  it('is connected from within its own session, with the password again, and keeps its own roles', async () => {
    configure({ OIDC_ROLE_MAP: 'staff=admin' });
    const { id, password, sessionId } = await local();
    const caller = await callAs(sessionId);
    await expect(caller.sessions.connectProvider({})).rejects.toMatchObject({
      cause: { code: 'mfa.password_needed' },
    });
    await expect(caller.sessions.connectProvider({ currentPassword: 'guess' })).rejects.toMatchObject({
      cause: { code: 'user.wrong_password' },
    });
    const ticket = ticketIn(await caller.sessions.connectProvider({ currentPassword: password }));
    expect(await come(subject, { ticket, sessionId })).toEqual({
      status: 'connected',
      next: '/settings/security',
    });
    expect(await caller.sessions.provider()).toMatchObject({
      label: 'your organisation',
      connectedAt: bed.clock.now().toISOString(),
    });
    const opened = await who(await enter());
    expect(opened).toMatchObject({ id, holders: ['operator'] });
    await expect(begin({ ticket, sessionId })).rejects.toMatchObject({ code: 'mfa.challenge_gone' });
    await (await callAs(sessionId)).sessions.disconnectProvider();
    expect((await who(await enter())).id).not.toBe(id);
  });

  it('with a second factor is connected after a step-up only', async () => {
    const { password, sessionId } = await local();
    const { mfa } = await callAs(sessionId);
    const { deviceId, secret } = await mfa.enrol({ name: 'Phone', currentPassword: password });
    await mfa.confirm({ deviceId, code: totpCode(secret, bed.clock.now()) });
    bed.clock.advance(11 * 60_000);
    const { sessions } = await callAs(sessionId);
    await expect(sessions.connectProvider({ currentPassword: password })).rejects.toMatchObject({
      cause: { code: 'auth.step_up', details: { acrValues: ['mfa'], maxAge: 600 } },
    });
  });

  it('is not connected by another session, another browser, or after the session has ended', async () => {
    const { password, sessionId } = await local();
    const caller = await callAs(sessionId);
    const ticket = async () => ticketIn(await caller.sessions.connectProvider({ currentPassword: password }));
    const other = await createUser(
      bed.system,
      { name: `thief${serial}`, displayName: 'Thief', roles: ['operator'] },
      false,
    );
    const thief = (await signIn({ name: `thief${serial}`, password: other.password }, from())).sessionId;
    await expect(begin({ ticket: await ticket(), sessionId: thief })).rejects.toMatchObject({
      code: 'mfa.challenge_gone',
    });
    await expect(begin({ ticket: await ticket() })).rejects.toMatchObject({ code: 'oidc.link_lost' });
    const swapped = await comeBack(subject, { ticket: await ticket(), sessionId });
    expect(await finishVisit(from(), { ...swapped, sessionId: thief })).toMatchObject({
      status: 'refused',
      code: 'oidc.link_lost',
    });
    const ended = await comeBack(subject, { ticket: await ticket(), sessionId });
    await bed.rows('update session set revoked_at = now() where id = $1', [sessionId]);
    expect(await finishVisit(from(), ended)).toMatchObject({ status: 'refused', code: 'oidc.link_lost' });
  });

  it('does not take a subject that opens another account', async () => {
    await enter();
    const { password, sessionId } = await local().catch(async () => {
      const made = await createUser(
        bed.system,
        { name: `second${serial}`, displayName: 'Second', roles: ['operator'] },
        false,
      );
      const opened = await signIn({ name: `second${serial}`, password: made.password }, from());
      return { password: made.password, sessionId: opened.sessionId };
    });
    const { sessions } = await callAs(sessionId);
    const ticket = ticketIn(await sessions.connectProvider({ currentPassword: password }));
    expect(await come(subject, { ticket, sessionId })).toMatchObject({ code: 'oidc.linked_elsewhere' });
  });
});

describe('an answer that does not hold', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const cases: [string, Interference, string][] = [
    ['a nonce of another sign-in', { claims: c => ({ ...c, nonce: 'x'.repeat(43) }) }, 'oidc.nonce_wrong'],
    ['no nonce', { claims: ({ nonce: _nonce, ...c }) => c }, 'oidc.nonce_wrong'],
    ['another issuer', { claims: c => ({ ...c, iss: 'https://elsewhere.example' }) }, 'oidc.issuer_wrong'],
    ['another audience', { claims: c => ({ ...c, aud: 'somebody-else' }) }, 'oidc.audience_wrong'],
    [
      'two audiences, made for the other one',
      { claims: c => ({ ...c, aud: [providerClient.id, 'other'], azp: 'other' }) },
      'oidc.audience_wrong',
    ],
    [
      'an expired token',
      { claims: c => ({ ...c, iat: now() - 900, exp: now() - 60 }) },
      'oidc.token_expired',
    ],
    ['no expiry', { claims: ({ exp: _exp, ...c }) => c }, 'oidc.token_invalid'],
    ['another key', { key: stranger }, 'oidc.signature_wrong'],
    [
      'no signature at all',
      {
        token: token =>
          new UnsecuredJWT(
            JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()),
          ).encode(),
      },
      'oidc.token_invalid',
    ],
    [
      'changed claims',
      { token: t => t.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"x"}').toString('base64url')}.`) },
      'oidc.signature_wrong',
    ],
    [
      'userinfo about somebody else',
      { userinfo: c => ({ ...c, sub: 'somebody-else' }) },
      'oidc.subject_differs',
    ],
  ];
  it.each(cases)('%s', async (_what, interference, code) => {
    const before = await accounts();
    provider.interfere = interference;
    expect(await come()).toEqual({ status: 'refused', code, next: '/sign-in' });
    expect(await accounts()).toEqual(before);
    const written = await bed.rows<{ reason: string }>(
      `select convert_from(body, 'UTF8')::jsonb #>> '{detail,reason}' as reason from ledger_entry
        where type = 'session.refused' order by id desc limit 1`,
    );
    expect(written).toEqual([{ reason: code }]);
    provider.interfere = {};
    expect((await come()).status).toBe('in');
  });

  it('is refused with a state that was never given, that came back already, too late, or in another browser', async () => {
    const answer = await comeBack();
    const forged = new URLSearchParams(answer.query);
    forged.set('state', 'y'.repeat(43));
    expect(await finishVisit(from(), { ...answer, query: forged })).toMatchObject({
      code: 'oidc.state_unknown',
    });
    expect(await finishVisit(from(), answer)).toMatchObject({ status: 'in' });
    expect(await finishVisit(from(), answer)).toMatchObject({ code: 'oidc.state_unknown' });
    expect(await finishVisit(from(), { ...(await comeBack()), browser: 'z'.repeat(43) })).toMatchObject({
      code: 'oidc.other_browser',
    });
    expect(await finishVisit(from(), { ...(await comeBack()), browser: undefined })).toMatchObject({
      code: 'oidc.other_browser',
    });
    const late = await comeBack();
    bed.clock.advance(10 * 60_000 + 1);
    expect(await finishVisit(from(), late)).toMatchObject({ code: 'oidc.too_late' });
  });

  it('is refused from another issuer (RFC 9207), with a refusal of the provider, and with a code that was spent', async () => {
    const mixed = await comeBack();
    mixed.query.set('iss', 'https://elsewhere.example');
    expect(await finishVisit(from(), mixed)).toMatchObject({ code: 'oidc.issuer_wrong' });
    const silent = await comeBack();
    silent.query.delete('iss');
    expect(await finishVisit(from(), silent)).toMatchObject({ code: 'oidc.issuer_wrong' });
    const declined = await comeBack();
    declined.query.set('error', 'access_denied');
    expect(await finishVisit(from(), declined)).toMatchObject({ code: 'oidc.declined' });
    const spent = await comeBack();
    const { code } = Object.fromEntries(spent.query);
    expect((await finishVisit(from(), spent)).status).toBe('in');
    const again = await comeBack();
    again.query.set('code', code ?? '');
    expect(await finishVisit(from(), again)).toMatchObject({ code: 'oidc.exchange_refused' });
  });

  it('is refused where the code belongs to another PKCE verifier', async () => {
    const [one, other] = [await comeBack(), await comeBack()];
    one.query.set('code', other.query.get('code') ?? '');
    expect(await finishVisit(from(), one)).toMatchObject({ code: 'oidc.exchange_refused' });
  });

  it('says so when the provider is away, or is not who it should be', async () => {
    configure({ OIDC_ISSUER: 'http://127.0.0.1:9' });
    await expect(begin()).rejects.toMatchObject({ kind: 'unavailable', code: 'oidc.unavailable' });
    configure({ OIDC_ISSUER: provider.issuer.replace('127.0.0.1', 'localhost') });
    await expect(begin()).rejects.toMatchObject({ code: 'oidc.issuer_wrong' });
    configure({ OIDC_CLIENT_ID: '' });
    await expect(begin()).rejects.toMatchObject({ code: 'oidc.not_configured' });
  });
});
