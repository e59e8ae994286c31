import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

type UserEvent =
  | 'user.created'
  | 'user.updated'
  | 'user.suspended'
  | 'user.reinstated'
  | 'user.password_reset'
  | 'user.password_changed';

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
