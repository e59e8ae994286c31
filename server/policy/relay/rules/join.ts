import { canonicalBytes } from '#kernel/signing/canonical.ts';
import type { JoinRequest } from '../schema.ts';

/** What a joining relay signs: its own name and key, the token it holds, and the moment. */
export const joinBytes = (join: Pick<JoinRequest, 'id' | 'publicKey' | 'at'>, tokenHash: string): Buffer =>
  canonicalBytes({
    purpose: 'atom-relay-join',
    id: join.id,
    publicKey: join.publicKey,
    at: join.at,
    token: tokenHash,
  });
