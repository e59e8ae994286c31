import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { hashPassword, needsRehash, verifyNobody, verifyPassword } from '#kernel/auth/password.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { proofOfCode } from '../../mfa/schema.ts';
import { spendChallenge } from '../../mfa/service/challenges.ts';
import { findPasskeyOwner, proveFactor } from '../../mfa/service/prove.ts';
import { codeNeeded, codeWrong, passkeyFailed, signInFailed } from '../errors.ts';
import { passkeySignIn, signInInput } from '../schema.ts';
import { findAccount, findAccountById } from '../store.ts';
import { type Opened, openSession, recordFailure, type SignInFrom } from './open.ts';

/** Password, then the second factor where one is enrolled. Returns the id of the new session. */
export async function signIn(given: z.input<typeof signInInput>, from: SignInFrom): Promise<Opened> {
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
    if (account) await recordFailure(ctx, account, open ? 'password' : 'closed', open === true);
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
      await recordFailure(ctx, account, 'second factor', true);
      throw error.kind === 'rate_limited' ? error : codeWrong();
    }
    mfaAt = now;
  }
  const rehashed = needsRehash(account.passwordHash) ? await hashPassword(input.password) : null;
  return openSession(account, from, { how: 'password', mfaAt, rehashed });
}

/** A passkey with user verification is two factors at once, and says itself whose it is. */
export async function signInWithPasskey(
  given: { challengeId: string; response: unknown },
  from: SignInFrom,
): Promise<Opened> {
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
    await recordFailure(ctx, account, 'passkey', false);
    throw error.kind === 'rate_limited' ? error : passkeyFailed();
  }
  return openSession(account, from, { how: 'passkey', mfaAt: now });
}
