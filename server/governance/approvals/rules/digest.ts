import { createHash } from 'node:crypto';
import type { ApprovalScope, StoredCall } from '#kernel/approvals/port.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';

export interface Bound extends StoredCall {
  scope: ApprovalScope;
  policy: { id: string; version: number };
}

/** SHA-256 of RFC 8785 of exactly what will run, where, and under which version of which policy. */
export const digestOf = ({ procedure, input, scope, policy }: Bound): string =>
  sha256Hex(canonicalBytes({ v: 1, procedure, input, scope, policy }));

/** What a factor signs: SHA-256(request digest ‖ decision ‖ nonce ‖ expiry); fixed lengths around the one word. */
export function challengeOf(digest: string, decision: string, nonce: Buffer, expiresAt: Date): Buffer {
  const expiry = Buffer.alloc(8);
  expiry.writeBigUInt64BE(BigInt(expiresAt.getTime()));
  return createHash('sha256')
    .update(Buffer.from(digest, 'hex'))
    .update(decision)
    .update(nonce)
    .update(expiry)
    .digest();
}
