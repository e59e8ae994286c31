import { canonicalBytes, sha256Hex } from '../signing/canonical.ts';
import { type PolicyContent, policyContent } from './kinds.ts';

export interface HashedPolicy {
  content: PolicyContent;
  bytes: Buffer;
  hash: string;
}

/** The bytes that are hashed, signed and distributed, and their hash. */
export function hashPolicy(content: PolicyContent): HashedPolicy {
  const bytes = canonicalBytes(content);
  return { content, bytes, hash: sha256Hex(bytes) };
}

/** From the wire: bytes that are not exactly the canonical form of what they say are refused, not repaired. */
export function readPolicy(bytes: Buffer): HashedPolicy | null {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
  const parsed = policyContent.safeParse(value);
  if (!parsed.success) return null;
  const own = hashPolicy(parsed.data);
  return own.bytes.equals(bytes) ? own : null;
}
