import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

const events = declareEvents('sessions', {
  'session.created': {
    reads: e => `${e.what} signed in${e.said('mfa') === 'yes' ? ' with a second factor' : ''}`,
  },
  'session.refused': { reads: e => `Signing in as ${e.what} was refused`, outcome: 'refused' },
  'session.provider_connected': { reads: e => `${e.what} connected an account of an identity provider` },
  'session.provider_disconnected': {
    reads: e => `${e.what} disconnected an account of an identity provider`,
  },
  'session.revoked': { reads: e => `${e.who} ended a session of ${e.what}` },
  'session.ended': { reads: e => `${e.what} signed out` },
});
type SessionEvent = keyof typeof events;

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
