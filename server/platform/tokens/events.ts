import type { CommitEvent, Json } from '#kernel/ledger/event.ts';

type TokenEvent =
  | 'token.created'
  | 'token.revoked'
  | 'token.tenant_issued'
  | 'token.key_made'
  | 'token.key_rotated';

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
