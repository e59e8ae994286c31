import { z } from 'zod';
import type { Principal } from '#kernel/auth/principal.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { noSuchSession } from '../errors.ts';
import { sessionEvent } from '../events.ts';
import type { ListSessionsInput, SessionListRow } from '../schema.ts';
import { countSessions, findSessionOwner, markRevoked, selectSessions } from '../store.ts';
import type { SignInFrom } from './open.ts';

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
