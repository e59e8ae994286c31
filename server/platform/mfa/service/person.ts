import { noPassword } from '#kernel/auth/password.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { confirmOwnPassword, findOwnPassword } from '../../identity/service.ts';
import { freshSignInNeeded, notAPerson, passwordNeeded } from '../errors.ts';
import { sessionStartedAt } from '../store/devices.ts';

const freshMs = 10 * 60_000;

/** Factors belong to people; a token that acts with somebody's role has none. */
export function personOf(ctx: ReadContext): { userId: string; sessionId: string } {
  const { kind, id, sessionId } = ctx.principal;
  if (kind !== 'user' || !sessionId) throw notAPerson();
  return { userId: id, sessionId };
}

export const hasPassword = async (ctx: ReadContext): Promise<boolean> =>
  ![null, noPassword].includes(await findOwnPassword(ctx));

/**
 * Who has a factor stepped up before the command began. Whoever adds the first one gives the password again: a session
 * left open, or a stolen cookie, must not end with a factor that its owner does not hold. Who came through a provider
 * has no password here, and signs in there afresh.
 */
export async function proveForEnrolment(ctx: CommandContext, password: string | undefined): Promise<void> {
  const { sessionId } = personOf(ctx);
  if (ctx.principal.mfaEnrolled) return;
  if (await hasPassword(ctx)) {
    if (!password) throw passwordNeeded();
    return confirmOwnPassword(ctx, password);
  }
  const started = await sessionStartedAt(ctx.db, sessionId);
  if (!started || ctx.clock.now().getTime() - Date.parse(started) > freshMs) throw freshSignInNeeded();
}
