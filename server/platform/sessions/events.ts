import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

type SessionEvent =
  | 'session.provider_connected'
  | 'session.provider_disconnected'
  | 'session.created'
  | 'session.refused'
  | 'session.revoked'
  | 'session.ended';

export const sessionEvent = (
  type: SessionEvent,
  userId: string,
  detail: { [key: string]: Json } = {},
): CommitEvent => ({
  type,
  target: { kind: 'user', id: userId },
  detail,
  topics: [{ topic: 'sessions', key: userId }],
});

/** Somebody whom the provider named, or whose answer did not hold: there is no account to write it to. */
export const providerRefused = (reason: string): CommitEvent => ({
  type: 'session.refused',
  target: { kind: 'provider', id: 'oidc' },
  detail: { reason },
});
