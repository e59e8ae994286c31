import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const regionTopic = 'regions';

const events = declareEvents('regions', {
  'region.registered': { reads: e => `${e.who} registered the region ${e.what}` },
  'region.updated': { reads: e => `${e.who} updated the registration of region ${e.what}` },
  'region.refused': {
    reads: e => `A registration in the name of region ${e.what} was refused`,
    outcome: 'refused',
  },
});
type RegionEvent = keyof typeof events;

export const regionEvent = (type: RegionEvent, id: string, detail: { [key: string]: Json }): CommitEvent => ({
  type,
  target: { kind: 'region', id },
  detail,
  topics: type === 'region.refused' ? [] : [{ topic: regionTopic, key: id }],
});
