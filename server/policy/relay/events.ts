import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const relayTopic = 'relays';

const events = declareEvents('relays', {
  'relay.joined': { reads: e => `The relay ${e.what} joined and is ${e.said('state') || 'pending'}` },
  'relay.admitted': { reads: e => `${e.who} admitted the relay ${e.what}` },
  'relay.quarantined': { reads: e => `The relay ${e.what} was put into quarantine`, outcome: 'refused' },
  'relay.misbehaved': { reads: e => `The relay ${e.what} misbehaved`, outcome: 'failed' },
  'relay.revoked': { reads: e => `${e.who} revoked the key of the relay ${e.what}` },
  'relay.token_created': { reads: e => `${e.who} made the join token ${e.said('name')}` },
  'relay.token_revoked': { reads: e => `${e.who} revoked the join token ${e.what}` },
});
export type RelayEvent = keyof typeof events;

export const relayEvent = (
  type: RelayEvent,
  target: { kind: 'relay' | 'relay_token'; id: string },
  detail: { [key: string]: Json } = {},
): CommitEvent => ({ type, target, detail, topics: [{ topic: relayTopic, key: target.id }] });
