import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

const events = declareEvents('identity', {
  'user.created': {
    reads: e =>
      `${e.who} created the user ${e.said('name') || e.what}${e.said('roles') ? ` with the roles ${e.said('roles')}` : ''}`,
  },
  'user.updated': { reads: e => `${e.who} changed ${e.details.join(', ') || 'nothing'} of user ${e.what}` },
  'user.suspended': { reads: e => `${e.who} suspended user ${e.what}` },
  'user.reinstated': { reads: e => `${e.who} reinstated user ${e.what}` },
  'user.password_reset': { reads: e => `${e.who} gave user ${e.what} a new password` },
  'user.password_changed': { reads: e => `${e.what} changed their password` },
});
type UserEvent = keyof typeof events;

export const userEvent = (
  type: UserEvent,
  id: string,
  detail: { [key: string]: Json } = {},
): CommitEvent => ({
  type,
  target: { kind: 'user', id },
  detail,
  topics: [
    { topic: 'identity', key: id },
    { topic: 'sessions', key: id },
  ],
});
