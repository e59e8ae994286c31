import { hashesOf, type Queryable, tileWidth } from '../nodes.ts';
import { openCheckpoint } from '../note.ts';
import type { NoteVerifier } from '../note-keys.ts';
import { parseReceipt } from '../receipt.ts';
import { tileName } from '../tlog.ts';
import { type ExpectedRoot, LedgerProblem } from './problem.ts';

/** A root out of a checkpoint or a receipt, if one of our keys signed it. */
export function rootFrom(text: string, source: string, verifiers: readonly NoteVerifier[]): ExpectedRoot {
  const note = parseReceipt(text)?.checkpoint ?? text;
  const opened = openCheckpoint(
    note,
    verifiers.filter(v => v.kind !== 'cosignature'),
  );
  if (!opened.ok)
    throw new LedgerProblem(
      `${source} is not a checkpoint or receipt ${opened.reason === 'bad' ? 'with signatures that fit' : 'that a known key of this ledger signed'}.`,
    );
  return { size: opened.checkpoint.size, root: opened.checkpoint.root, source };
}

/** Another copy of the log, by its tiles. */
export type FetchTile = (path: string) => Promise<Buffer>;

/** The first entry in which two logs of `size` entries differ, by going down from the top tile; null when they do not. */
export async function firstDifference(
  db: Queryable,
  size: number,
  fetchTile: FetchTile,
): Promise<number | null> {
  let level = Math.max(0, Math.floor(Math.log(Math.max(1, size - 1)) / Math.log(tileWidth)));
  for (let tile = 0; ; level -= 1) {
    const rows = Math.floor(size / tileWidth ** level);
    const width = Math.min(tileWidth, rows - tile * tileWidth);
    let differs = width;
    if (width > 0) {
      const suffix = width < tileWidth ? `.p/${width}` : '';
      const theirs = await fetchTile(`tile/${level}/${tileName(tile)}${suffix}`);
      const ours = await hashesOf(db, level, tile * tileWidth, width);
      for (differs = 0; differs < width; differs++) {
        const at = differs * 32;
        if (!ours.subarray(at, at + 32).equals(theirs.subarray(at, at + 32))) break;
      }
    }
    const next = tile * tileWidth + Math.max(0, differs);
    if (level === 0) return differs < width ? next : null;
    tile = next;
  }
}
