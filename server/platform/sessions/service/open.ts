import type { Principal } from '#kernel/auth/principal.ts';
import { absoluteMs, lockedUntil } from '#kernel/auth/session.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database, Tx } from '#kernel/db/database.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { sessionEvent } from '../events.ts';
import { type Account, countFailure, insertSession, lockUser } from '../store.ts';

export interface SignInFrom {
  database: Database;
  clock: Clock;
  ip: string;
  userAgent: string;
}

export interface Opened {
  sessionId: string;
  name: string;
}

interface How {
  how: 'password' | 'passkey' | 'provider';
  mfaAt: Date | null;
  rehashed?: string | null;
  also?: (tx: Tx) => Promise<unknown>;
}

export async function openSession(
  account: Pick<Account, 'id' | 'name'>,
  from: SignInFrom,
  { how, mfaAt, rehashed = null, also }: How,
): Promise<Opened> {
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
    async tx => {
      await insertSession(tx, session, now, rehashed);
      await also?.(tx);
    },
  );
  return { sessionId: id, name: account.name };
}

function actingAs(account: Pick<Account, 'id' | 'name'>, from: SignInFrom): CommandContext {
  const principal: Principal = { kind: 'user', id: account.id, name: account.name, holders: [] };
  return systemContext('sign-in', from.database, from.clock, principal);
}

/** The address is not written: the ledger keeps no personal data (P1). */
export async function recordFailure(
  ctx: CommandContext,
  account: Pick<Account, 'id'>,
  reason: string,
  counts: boolean,
): Promise<void> {
  await ctx.commit(sessionEvent('session.refused', account.id, { reason }), async tx => {
    if (!counts) return;
    const failures = await countFailure(tx, account.id);
    const until = lockedUntil(failures, ctx.clock.now());
    if (until) await lockUser(tx, account.id, until);
  });
}
