import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { safeNext } from '#kernel/auth/anonymous.ts';
import { authorizationUrl, checkAnswerIssuer, discover, type OidcClient, redeem } from '#kernel/auth/oidc.ts';
import { noPassword } from '#kernel/auth/password.ts';
import { env } from '#kernel/env/env.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { randomToken } from '#kernel/ids/ids.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { createProviderUser, followProviderRoles } from '../../identity/service.ts';
import { spendChallenge } from '../../mfa/service/challenges.ts';
import {
  accountClosed,
  linkedElsewhere,
  linkLost,
  noProvider,
  notAdmitted,
  otherBrowser,
  providerDeclined,
  visitTooLate,
  visitUnknown,
} from '../errors.ts';
import { providerRefused, sessionEvent } from '../events.ts';
import {
  type AdmissionSettings,
  accountNames,
  admissionOf,
  type Claims,
  displayNameOf,
  listOf,
  type MappedRole,
  roleMapOf,
} from '../rules.ts';
import {
  findAccountById,
  findLinked,
  findSessionOwner,
  insertLink,
  insertVisit,
  sessionStands,
  takeVisit,
  touchLink,
  type Visit,
} from '../store.ts';
import { type Opened, openSession, recordFailure, type SignInFrom } from './open.ts';

/** Long enough to sign in at the provider with a second factor there. */
const visitMs = 10 * 60_000;
const connectedAt = '/settings/security';
const noSession = '00000000-0000-0000-0000-000000000000';
export const callbackPath = '/api/oidc/callback';

export interface Provider extends AdmissionSettings {
  client: OidcClient;
  label: string;
}

export function configuredProvider(): Provider | null {
  const { vars, publicUrl } = env();
  if (!vars.OIDC_ISSUER || !vars.OIDC_CLIENT_ID) return null;
  return {
    client: {
      issuer: vars.OIDC_ISSUER,
      clientId: vars.OIDC_CLIENT_ID,
      clientSecret: vars.OIDC_CLIENT_SECRET,
      redirectUri: new URL(callbackPath, publicUrl).toString(),
      scopes: vars.OIDC_SCOPES,
    },
    label: vars.OIDC_LABEL,
    roleClaim: vars.OIDC_ROLE_CLAIM,
    roleMap: roleMapOf(vars.OIDC_ROLE_MAP),
    domains: listOf(vars.OIDC_ALLOWED_DOMAINS),
    groups: listOf(vars.OIDC_ALLOWED_GROUPS),
  };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Sends a browser to the provider. State, nonce and PKCE verifier stay here; the cookie says which browser went. */
export async function beginVisit(
  from: SignInFrom,
  given: { next: string | null; ticket: string | null; sessionId: string | undefined },
): Promise<{ url: string; browser: string }> {
  const provider = configuredProvider();
  if (!provider) throw noProvider();
  const now = from.clock.now();
  await takeToken(from.database, `sign-in:ip:${from.ip.slice(0, 64)}`, { capacity: 30, perSecond: 0.5 }, now);
  const link = given.ticket ? await spendTicket(from, given.ticket, given.sessionId) : null;
  const { metadata } = await discover(provider.client, now);
  const [state, nonce, verifier, browser] = [0, 0, 0, 0].map(() => randomToken(32)) as [
    string,
    string,
    string,
    string,
  ];
  await insertVisit(from.database, {
    state: sha256(state),
    browser: sha256(browser),
    nonce,
    verifier,
    next: link ? connectedAt : safeNext(given.next),
    linkUser: link?.userId ?? null,
    linkSession: link?.sessionId ?? null,
    expiresAt: new Date(now.getTime() + visitMs),
  });
  return { url: authorizationUrl(metadata, provider.client, { state, nonce, verifier }), browser };
}

/** The ticket is good once, in the session that asked for it, while that stands. */
async function spendTicket(from: SignInFrom, ticket: string, sessionId: string | undefined) {
  const { db } = systemContext('sign-in', from.database, from.clock);
  const owner = await findSessionOwner(db, z.uuid().safeParse(sessionId).data ?? noSession);
  if (!owner || !sessionId || !z.uuid().safeParse(ticket).success) throw linkLost();
  await spendChallenge(from, ticket, owner.userId, 'connect');
  return { userId: owner.userId, sessionId };
}

export type VisitEnd =
  | { status: 'in'; opened: Opened; next: string }
  | { status: 'connected'; next: string }
  | { status: 'refused'; code: string; next: string };

/** What came back with the browser. Each refusal has its own code; those of a real visit are written down. */
export async function finishVisit(
  from: SignInFrom,
  answer: { query: URLSearchParams; browser: string | undefined; sessionId: string | undefined },
): Promise<VisitEnd> {
  let visit: Visit | null = null;
  try {
    const now = from.clock.now();
    await takeToken(
      from.database,
      `sign-in:ip:${from.ip.slice(0, 64)}`,
      { capacity: 30, perSecond: 0.5 },
      now,
    );
    visit = await takeVisit(from.database, sha256(answer.query.get('state') ?? ''));
    if (!visit) throw visitUnknown();
    return await settle(from, visit, answer);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (visit && error.code !== 'oidc.account_closed')
      await systemContext('sign-in', from.database, from.clock).commit(
        providerRefused(error.code),
        async () => {},
      );
    return { status: 'refused', code: error.code, next: visit?.linkUser ? visit.next : '/sign-in' };
  }
}

async function settle(
  from: SignInFrom,
  visit: Visit,
  {
    query,
    browser,
    sessionId,
  }: { query: URLSearchParams; browser: string | undefined; sessionId: string | undefined },
): Promise<VisitEnd> {
  const provider = configuredProvider();
  if (!provider) throw noProvider();
  const now = from.clock.now();
  if (!browser || !timingSafeEqual(sha256(browser), visit.browser)) throw otherBrowser();
  if (visit.expiresAt.getTime() <= now.getTime()) throw visitTooLate();
  const { metadata } = await discover(provider.client, now);
  checkAnswerIssuer(metadata, query.get('iss'));
  const code = query.get('code');
  if (query.has('error') || !code) throw providerDeclined();
  const claims = await redeem(provider.client, code, visit, now);
  const admission = admissionOf(claims, provider);
  if (!admission.admitted) throw notAdmitted();
  const { issuer } = provider.client;
  if (visit.linkUser) {
    await connect(from, visit, issuer, claims.sub, sessionId);
    return { status: 'connected', next: visit.next };
  }
  const userId = await accountOf(from, issuer, claims, admission);
  return {
    status: 'in',
    opened: await enter(from, issuer, claims.sub, userId, admission.roles),
    next: visit.next,
  };
}

/**
 * The account is found by issuer and subject alone. An address that matches a local account opens nothing: who owns that
 * account signs in with it and connects the provider there.
 */
async function accountOf(
  from: SignInFrom,
  issuer: string,
  claims: Claims & { sub: string },
  { roles, email }: { roles: MappedRole[] | null; email: string | null },
): Promise<string> {
  const ctx = systemContext('sign-in', from.database, from.clock);
  const known = await findLinked(ctx.db, issuer, claims.sub);
  if (known) return known.userId;
  const names = accountNames(claims, issuer, claims.sub);
  const made = await createProviderUser(
    ctx,
    { names, displayName: displayNameOf(claims, names[0]), email, roles: roles ?? [] },
    (tx, userId) => insertLink(tx, { issuer, subject: claims.sub, userId }, from.clock.now()),
  );
  // Somebody was here first with the same subject: the same person in another window.
  const userId = made ?? (await findLinked(ctx.db, issuer, claims.sub))?.userId;
  if (!userId) throw linkedElsewhere();
  return userId;
}

async function enter(
  from: SignInFrom,
  issuer: string,
  subject: string,
  userId: string,
  roles: MappedRole[] | null,
): Promise<Opened> {
  const ctx = systemContext('sign-in', from.database, from.clock);
  const account = await findAccountById(ctx.db, userId);
  if (account?.state !== 'active') {
    if (account) await recordFailure(ctx, account, 'closed', false);
    throw accountClosed();
  }
  // A local account keeps the roles it was given here; the provider rules over those it opened itself.
  if (roles && account.passwordHash === noPassword) await followProviderRoles(ctx, userId, roles);
  return openSession(account, from, {
    how: 'provider',
    mfaAt: null,
    also: tx => touchLink(tx, issuer, subject, from.clock.now()),
  });
}

/** Both sides are proved: the session that asked for it still stands in this browser, and the provider has answered. */
async function connect(
  from: SignInFrom,
  visit: Visit,
  issuer: string,
  subject: string,
  sessionId: string | undefined,
): Promise<void> {
  const { linkUser: userId, linkSession } = visit;
  const now = from.clock.now();
  const db = systemContext('sign-in', from.database, from.clock).db;
  if (!userId || !linkSession || sessionId !== linkSession) throw linkLost();
  const account = await findAccountById(db, userId);
  if (account?.state !== 'active' || !(await sessionStands(db, linkSession, userId, now))) throw linkLost();
  const known = await findLinked(db, issuer, subject);
  if (known && known.userId !== userId) throw linkedElsewhere();
  if (known) return;
  const ctx = systemContext('sign-in', from.database, from.clock, {
    kind: 'user',
    id: userId,
    name: account.name,
    holders: [],
    sessionId: linkSession,
  });
  await ctx.commit(sessionEvent('session.provider_connected', userId, { issuer }), async tx => {
    if (!(await insertLink(tx, { issuer, subject, userId }, now))) throw linkedElsewhere();
  });
}
