import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

type SessionEvent = 'session.created' | 'session.refused' | 'session.revoked' | 'session.ended';

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
