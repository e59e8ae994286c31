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

/** Neighbouring keys of one kind; a row that agrees ends the run, so that a range never accuses a row that is right. */
class Runs {
  readonly found: KeyRange[] = [];
  #open: KeyRange | null = null;

  add(key: string, kind: KeyRange['kind'] | null): void {
    if (kind !== null && this.#open?.kind === kind) {
      this.#open.to = key;
      this.#open.rows += 1;
      return;
    }
    this.end();
    if (kind !== null) this.#open = { from: key, to: key, kind, rows: 1 };
  }

  end(): void {
    if (this.#open) this.found.push(this.#open);
    this.#open = null;
  }
}

/**
 * What differs between two sides that are read piece by piece, both in the order of one key. A piece holds so many rows of
 * the publisher at most; however many the mirror has between them comes page by page and is not kept.
 */
export class Differences {
  readonly #home = new Runs();
  readonly #mirror = new Runs();

  /** Both sides are the same here. */
  agree(): void {
    this.#home.end();
    this.#mirror.end();
  }

  piece(publisher: readonly RowHash[]): { page(subscriber: readonly RowHash[]): void; end(): void } {
    const ours = new Map(publisher.map(row => [keyText(row.key), row.hash]));
    const same = new Map<string, boolean>();
    return {
      page: subscriber => {
        for (const row of subscriber) {
          const key = keyText(row.key);
          const hash = ours.get(key);
          if (hash !== undefined) same.set(key, hash === row.hash);
          this.#mirror.add(key, hash === undefined ? 'extra' : null);
        }
      },
      end: () => {
        for (const key of ours.keys()) {
          const agrees = same.get(key);
          this.#home.add(key, agrees === undefined ? 'missing' : agrees ? null : 'changed');
        }
      },
    };
  }

  ranges(): KeyRange[] {
    this.agree();
    return [...this.#home.found, ...this.#mirror.found];
  }
}

export const mostRanges = 200;

/** So many are named; how many rows differ is counted whole. */
export const boundedRanges = (ranges: readonly KeyRange[]): KeyRange[] => ranges.slice(0, mostRanges);

/** How long to wait after a chunk so that no more rows a second are asked for than allowed. */
export const pauseAfter = (rows: number, tookMs: number, rowsPerSecond: number): number =>
  Math.max(0, (rows / rowsPerSecond) * 1000 - tookMs);
