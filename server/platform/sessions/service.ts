import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { hashPassword, needsRehash, verifyNobody, verifyPassword } from '#kernel/auth/password.ts';
import type { Principal } from '#kernel/auth/principal.ts';
import { absoluteMs, lockedUntil } from '#kernel/auth/session.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { proofOfCode } from '../mfa/schema.ts';
import { spendChallenge } from '../mfa/service/challenges.ts';
import { findPasskeyOwner, proveFactor } from '../mfa/service/prove.ts';
import { codeNeeded, codeWrong, noSuchSession, passkeyFailed, signInFailed } from './errors.ts';
import { sessionEvent } from './events.ts';
import { passkeySignIn, type SessionListRow, signInInput } from './schema.ts';
import {
  type Account,
  countFailure,
  findAccount,
  findAccountById,
  findSessionOwner,
  insertSession,
  lockUser,
  markRevoked,
  selectSessions,
} from './store.ts';

export interface SignInFrom {
  database: Database;
  clock: Clock;
  ip: string;
  userAgent: string;
}

/** Password, then the second factor where one is enrolled. Returns the id of the new session. */
export async function signIn(
  given: z.input<typeof signInInput>,
  from: SignInFrom,
): Promise<{ sessionId: string; name: string }> {
  const now = from.clock.now();
  await takeToken(from.database, `sign-in:ip:${from.ip.slice(0, 64)}`, { capacity: 30, perSecond: 0.5 }, now);
  const parsed = signInInput.safeParse(given);
  if (!parsed.success) throw signInFailed();
  const input = parsed.data;
  await takeToken(from.database, `sign-in:name:${input.name}`, { capacity: 15, perSecond: 0.2 }, now);
  const ctx = systemContext('sign-in', from.database, from.clock);
  const account = await findAccount(ctx.db, input.name);
  const open =
    account &&
    account.state === 'active' &&
    !(account.lockedUntil && Date.parse(account.lockedUntil) > now.getTime());
  const right = open
    ? await verifyPassword(input.password, account.passwordHash)
    : await verifyNobody(input.password);
  if (!account || !open || !right) {
    if (account) await recordFailure(ctx, account, open ? 'password' : 'closed', open === true, from);
    throw signInFailed();
  }
  let mfaAt: Date | null = null;
  if (account.mfaEnrolled) {
    if (!input.code) throw codeNeeded();
    const { code } = input;
    try {
      await proveFactor(from, account.id, { challenge: randomBytes(32) }, proofOfCode(code));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      await recordFailure(ctx, account, 'second factor', true, from);
      throw error.kind === 'rate_limited' ? error : codeWrong();
    }
    mfaAt = now;
  }
  const rehashed = needsRehash(account.passwordHash) ? await hashPassword(input.password) : null;
  return openSession(account, from, { how: 'password', mfaAt, rehashed });
}

/** A passkey with user verification is two factors at once, and says itself whose it is. */
export async function signInWithPasskey(
  given: z.input<typeof passkeySignIn>,
  from: SignInFrom,
): Promise<{ sessionId: string; name: string }> {
  const now = from.clock.now();
  await takeToken(from.database, `sign-in:ip:${from.ip.slice(0, 64)}`, { capacity: 30, perSecond: 0.5 }, now);
  const input = passkeySignIn.safeParse(given).data;
  if (!input) throw passkeyFailed();
  const ctx = systemContext('sign-in', from.database, from.clock);
  const challenge = await spendChallenge(from, input.challengeId, null, 'sign_in');
  const userId = await findPasskeyOwner(ctx, input.response);
  const account = userId ? await findAccountById(ctx.db, userId) : null;
  if (!account) throw passkeyFailed();
  try {
    await proveFactor(from, account.id, { challenge }, { kind: 'passkey', response: input.response });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    await recordFailure(ctx, account, 'passkey', false, from);
    throw error.kind === 'rate_limited' ? error : passkeyFailed();
  }
  return openSession(account, from, { how: 'passkey', mfaAt: now, rehashed: null });
}

async function openSession(
  account: Account,
  from: SignInFrom,
  { how, mfaAt, rehashed }: { how: 'password' | 'passkey'; mfaAt: Date | null; rehashed: string | null },
): Promise<{ sessionId: string; name: string }> {
  const now = from.clock.now();
  const id = uuidv7(now.getTime());
  const session = {
    id,
    userId: account.id,
    ip: from.ip,
    userAgent: from.userAgent.slice(0, 300),
    mfaAt,
    expiresAt: new Date(now.getTime() + absoluteMs),
  };
  await actingAs(account, from).commit(
    sessionEvent('session.created', account.id, { how, mfa: mfaAt !== null }),
    tx => insertSession(tx, session, now, rehashed),
  );
  return { sessionId: id, name: account.name };
}

function actingAs(account: Account, from: SignInFrom): CommandContext {
  const principal: Principal = { kind: 'user', id: account.id, name: account.name, holders: [] };
  return systemContext('sign-in', from.database, from.clock, principal);
}

/** Leaving by the door: the session ends in the database too, not only the cookie. */
export async function signOut(
  sessionId: string,
  from: Pick<SignInFrom, 'database' | 'clock'>,
): Promise<void> {
  const asking = systemContext('sign-out', from.database, from.clock);
  const owner = z.uuid().safeParse(sessionId).success ? await findSessionOwner(asking.db, sessionId) : null;
  if (!owner) return;
  const principal: Principal = { kind: 'user', id: owner.userId, name: '', holders: [], sessionId };
  await revoke(systemContext('sign-out', from.database, from.clock, principal), sessionId, owner.userId);
}

/** The address is not written: the ledger keeps no personal data (P1). */
async function recordFailure(
  ctx: CommandContext,
  account: Account,
  reason: string,
  counts: boolean,
  from: SignInFrom,
): Promise<void> {
  await ctx.commit(sessionEvent('session.refused', account.id, { reason }), async tx => {
    if (!counts) return;
    const failures = await countFailure(tx, account.id);
    const until = lockedUntil(failures, from.clock.now());
    if (until) await lockUser(tx, account.id, until);
  });
}

export async function listOwnSessions(ctx: ReadContext): Promise<{ rows: SessionListRow[] }> {
  return {
    rows: await selectSessions(
      ctx.db,
      ctx.principal.id,
      ctx.principal.sessionId ?? ctx.principal.id,
      ctx.clock.now(),
    ),
  };
}

export async function listAllSessions(ctx: ReadContext): Promise<{ rows: SessionListRow[] }> {
  return {
    rows: await selectSessions(ctx.db, null, ctx.principal.sessionId ?? ctx.principal.id, ctx.clock.now()),
  };
}

export async function revokeOwnSession(ctx: CommandContext, id: string): Promise<{ revoked: true }> {
  const owner = await findSessionOwner(ctx.db, id);
  if (!owner || owner.userId !== ctx.principal.id) throw noSuchSession(id);
  return revoke(ctx, id, owner.userId);
}

export async function revokeAnySession(ctx: CommandContext, id: string): Promise<{ revoked: true }> {
  const owner = await findSessionOwner(ctx.db, id);
  if (!owner) throw noSuchSession(id);
  return revoke(ctx, id, owner.userId);
}

async function revoke(ctx: CommandContext, id: string, userId: string): Promise<{ revoked: true }> {
  const type = id === ctx.principal.sessionId ? 'session.ended' : 'session.revoked';
  await ctx.commit(sessionEvent(type, userId, { session: id }), async tx => {
    if (!(await markRevoked(tx, id, ctx.clock.now()))) throw noSuchSession(id);
  });
  return { revoked: true };
}
