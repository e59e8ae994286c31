import { z } from 'zod';
import { hashPassword, needsRehash, verifyNobody, verifyPassword } from '#kernel/auth/password.ts';
import type { Principal } from '#kernel/auth/principal.ts';
import { absoluteMs, lockedUntil } from '#kernel/auth/session.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { spendSecondFactor } from '../mfa/service.ts';
import { codeNeeded, codeWrong, noSuchSession, signInFailed } from './errors.ts';
import { sessionEvent } from './events.ts';
import { type ListSessionsInput, type SessionListRow, signInInput } from './schema.ts';
import {
  type Account,
  countFailure,
  countSessions,
  findAccount,
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
  const as = actingAs(account, from);
  let mfaAt: Date | null = null;
  if (account.mfaEnrolled) {
    if (!input.code) throw codeNeeded();
    if (!(await spendSecondFactor(as, account.id, input.code))) {
      await recordFailure(ctx, account, 'second factor', true, from);
      throw codeWrong();
    }
    mfaAt = now;
  }
  const rehashed = needsRehash(account.passwordHash) ? await hashPassword(input.password) : null;
  const id = uuidv7(now.getTime());
  await as.commit(sessionEvent('session.created', account.id, { mfa: mfaAt !== null }), tx =>
    insertSession(
      tx,
      {
        id,
        userId: account.id,
        ip: from.ip,
        userAgent: from.userAgent.slice(0, 300),
        mfaAt,
        expiresAt: new Date(now.getTime() + absoluteMs),
      },
      now,
      rehashed,
    ),
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

export const listOwnSessions = (ctx: ReadContext, input: ListSessionsInput) =>
  listSessions(ctx, ctx.principal.id, input);

export const listAllSessions = (ctx: ReadContext, input: ListSessionsInput) => listSessions(ctx, null, input);

async function listSessions(
  ctx: ReadContext,
  userId: string | null,
  input: ListSessionsInput,
): Promise<Listed<SessionListRow>> {
  const current = ctx.principal.sessionId ?? ctx.principal.id;
  const whose = { userId, current, now: ctx.clock.now() };
  const [rows, total] = await Promise.all([
    selectSessions(ctx.db, whose, input),
    input.total ? countSessions(ctx.db, whose, input) : undefined,
  ]);
  return paged(rows, input, total);
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
