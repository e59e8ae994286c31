import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

export const regionTopic = 'regions';

type RegionEvent = 'region.registered' | 'region.updated' | 'region.refused';

export const regionEvent = (type: RegionEvent, id: string, detail: { [key: string]: Json }): CommitEvent => ({
  type,
  target: { kind: 'region', id },
  detail,
  topics: type === 'region.refused' ? [] : [{ topic: regionTopic, key: id }],
});
