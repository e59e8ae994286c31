import type { CommitEvent } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

declareEvents('preferences', {
  'preference.saved': {
    reads: e => `${e.who} changed how their console looks, ${e.said('key')}`,
    routine: true,
  },
});

export const preferenceSaved = (userId: string, key: string): CommitEvent => ({
  type: 'preference.saved',
  target: { kind: 'user', id: userId },
  detail: { key },
  topics: [{ topic: 'preferences', key: userId }],
});
