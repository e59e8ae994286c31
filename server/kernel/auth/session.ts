/** Pure session rules: `now` is passed. */
export const idleMs = 12 * 3600_000;
export const absoluteMs = 7 * 24 * 3600_000;
/** Writing `last_seen` at every request would make each read a write. */
export const touchEveryMs = 60_000;

/** A tenant's token lives at most this long, so a retired key verifies for as long. */
export const maxTenantTokenMinutes = 60;

export interface SessionTimes {
  lastSeenAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
}

export function sessionState(session: SessionTimes, now: Date): 'live' | 'revoked' | 'expired' | 'idle' {
  if (session.revokedAt) return 'revoked';
  if (session.expiresAt.getTime() <= now.getTime()) return 'expired';
  if (session.lastSeenAt.getTime() + idleMs <= now.getTime()) return 'idle';
  return 'live';
}

const freeFailures = 5;

/** Nothing for the first failures, then a lock that doubles from 30 s to an hour. */
export function lockedUntil(failures: number, now: Date): Date | null {
  if (failures < freeFailures) return null;
  return new Date(now.getTime() + Math.min(3600_000, 30_000 * 2 ** (failures - freeFailures)));
}
