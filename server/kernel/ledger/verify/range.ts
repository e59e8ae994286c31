import { MissingNode, type Queryable, withNodes } from '../nodes.ts';
import { isHybrid, openCheckpoint } from '../note.ts';
import type { NoteVerifier } from '../note-keys.ts';
import { type SignedHead, signedHead } from '../proofs.ts';
import { inclusionProof, verifyInclusion } from '../tree.ts';
import { checkedLeaf, storedEntries } from './entries.ts';
import { LedgerProblem } from './problem.ts';

const chunk = 1024;
const keptTiles = 64;

/** Entries `from` to `to`, both included: their bytes, and each one's path to the newest signed root. */
export async function verifyRange(
  db: Queryable,
  from: number,
  to: number,
  verifiers: readonly NoteVerifier[],
): Promise<{ entries: number; size: number }> {
  const head = await signedHead(db);
  if (!head) throw new LedgerProblem('No checkpoint has been signed yet.');
  const origin = head.note.slice(0, head.note.indexOf('\n'));
  const opened = openCheckpoint(
    head.note,
    verifiers.filter(v => v.name === origin),
  );
  if (!opened.ok || !isHybrid(opened.note.by) || !opened.checkpoint.root.equals(head.root))
    throw new LedgerProblem(
      `The checkpoint of ${head.size} entries is not signed by known keys of both kinds.`,
    );
  if (to >= head.size)
    throw new LedgerProblem(
      `Entry ${Math.max(from, head.size)} is not covered: the signed tree has ${head.size} entries.`,
      Math.max(from, head.size),
    );
  const tiles = new Map<string, Buffer>();
  for (let at = from; at <= to; at += chunk) {
    const rows = await storedEntries(db, at, Math.min(chunk, to - at + 1));
    const last = Math.min(to, at + chunk - 1);
    const leaves = Array.from({ length: last - at + 1 }, (_, i) => {
      const row = rows[i];
      if (!row) throw new LedgerProblem(`Entry ${at + i} is missing.`, at + i);
      return checkedLeaf(row, at + i);
    });
    for (const [i, leaf] of leaves.entries()) {
      const index = at + i;
      if (tiles.size > keptTiles) tiles.clear();
      if (await leadsToRoot(db, index, leaf, head, tiles)) continue;
      throw new LedgerProblem(
        `Entry ${index} (${rows[i]?.uid}): its path does not lead to the signed root.`,
        index,
        rows[i]?.uid ?? null,
      );
    }
  }
  return { entries: to - from + 1, size: head.size };
}

async function leadsToRoot(
  db: Queryable,
  index: number,
  leaf: Buffer,
  head: SignedHead,
  tiles: Map<string, Buffer>,
): Promise<boolean> {
  try {
    const path = await withNodes(db, nodeAt => inclusionProof(index, head.size, nodeAt), tiles);
    return verifyInclusion(index, head.size, leaf, path, head.root);
  } catch (error) {
    if (error instanceof MissingNode) return false;
    throw error;
  }
}
