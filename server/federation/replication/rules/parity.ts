import type { KeyRange } from '../schema.ts';

export interface ChunkHash {
  rows: number;
  hash: string;
  /** The key of its last row; null = no row. */
  last: string[] | null;
}

export interface RowHash {
  key: string[];
  hash: string;
}

export const sameChunk = (a: ChunkHash, b: ChunkHash): boolean => a.rows === b.rows && a.hash === b.hash;

export const keyText = (key: readonly string[]): string => key.join(', ');

/**
 * Both sides sorted by the same key: what differs, as runs of neighbouring keys. A row that lies between two differing
 * ones and agrees ends a run, so that a range never accuses a row that is right.
 */
export function differences(publisher: readonly RowHash[], subscriber: readonly RowHash[]): KeyRange[] {
  const theirs = new Map(subscriber.map(row => [keyText(row.key), row.hash]));
  const ours = new Set(publisher.map(row => keyText(row.key)));
  const found: KeyRange[] = [];
  let open: KeyRange | null = null;
  const add = (key: string, kind: KeyRange['kind'] | null) => {
    if (kind === null || open?.kind !== kind) {
      if (open) found.push(open);
      open = kind === null ? null : { from: key, to: key, kind, rows: 1 };
      return;
    }
    open.to = key;
    open.rows += 1;
  };
  for (const row of publisher) {
    const key = keyText(row.key);
    const hash = theirs.get(key);
    add(key, hash === undefined ? 'missing' : hash === row.hash ? null : 'changed');
  }
  if (open) found.push(open);
  open = null;
  for (const row of subscriber) add(keyText(row.key), ours.has(keyText(row.key)) ? null : 'extra');
  if (open) found.push(open);
  return found;
}

export const mostRanges = 200;

/** So many are named; how many rows differ is counted whole. */
export const boundedRanges = (ranges: readonly KeyRange[]): KeyRange[] => ranges.slice(0, mostRanges);

/** How long to wait after a chunk so that no more rows a second are asked for than allowed. */
export const pauseAfter = (rows: number, tookMs: number, rowsPerSecond: number): number =>
  Math.max(0, (rows / rowsPerSecond) * 1000 - tookMs);
