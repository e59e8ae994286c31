import type { CommitEvent } from '#kernel/ledger/event.ts';

export const preferenceSaved = (userId: string, key: string): CommitEvent => ({
  type: 'preference.saved',
  target: { kind: 'user', id: userId },
  detail: { key },
  topics: [{ topic: 'preferences', key: userId }],
});
