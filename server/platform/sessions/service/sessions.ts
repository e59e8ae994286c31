import { z } from 'zod';
import type { Principal } from '#kernel/auth/principal.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchSession } from '../errors.ts';
import { sessionEvent } from '../events.ts';
import type { SessionListRow } from '../schema.ts';
import { findSessionOwner, markRevoked, selectSessions } from '../store.ts';
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
