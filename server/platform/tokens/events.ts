import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

const events = declareEvents('tokens', {
  'token.created': {
    reads: e =>
      `${e.who} made the API token ${e.said('name') || e.what}${e.said('roles') ? ` with the roles ${e.said('roles')}` : ''}`,
  },
  'token.revoked': { reads: e => `${e.who} revoked the API token ${e.said('name') || e.what}` },
  'token.tenant_issued': {
    reads: e => `${e.who} issued a token for tenant ${e.tenant}, valid for ${e.said('minutes')} minutes`,
  },
  'token.key_made': { reads: e => `A signing key for tenants’ tokens was made: ${e.what}` },
  'token.key_rotated': { reads: e => `${e.who} replaced the signing key of tenants’ tokens by ${e.what}` },
});
type TokenEvent = keyof typeof events;

export const tokenEvent = (
  type: TokenEvent,
  id: string,
  detail: { [key: string]: Json } = {},
): CommitEvent => ({
  type,
  target: { kind: 'token', id },
  detail,
  topics: [{ topic: 'tokens', key: id }],
});
