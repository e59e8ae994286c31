import { canonicalBytes } from '../signing/canonical.ts';
import type { Json } from './event.ts';
import { appendLeaves, emptyFrontier, leafHash, rootOf } from './tree.ts';

/**
 * What stands in the ledger for a batch of facts: how many, and the RFC 6962 root over their RFC 8785 bytes in their order,
 * so that each single fact can be proved against it later.
 */
export function batchDigest(facts: readonly Json[]): { count: number; root: string } {
  const leaves = facts.map(fact => leafHash(canonicalBytes(fact)));
  return { count: facts.length, root: rootOf(appendLeaves(emptyFrontier, leaves)).toString('hex') };
}
