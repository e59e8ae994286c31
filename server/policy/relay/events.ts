import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

export const relayTopic = 'relays';

export type RelayEvent =
  | 'relay.joined'
  | 'relay.admitted'
  | 'relay.quarantined'
  | 'relay.misbehaved'
  | 'relay.revoked'
  | 'relay.token_created'
  | 'relay.token_revoked';

export const relayEvent = (
  type: RelayEvent,
  target: { kind: 'relay' | 'relay_token'; id: string },
  detail: { [key: string]: Json } = {},
): CommitEvent => ({ type, target, detail, topics: [{ topic: relayTopic, key: target.id }] });
