import type pg from 'pg';
import { type Hash, type NodeAt, nodeHash } from './tree.ts';

/** A pool, or the client of a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** A tile is 256 hashes of one level that a tile's height (eight levels) lies under the next. */
export const tileHeight = 8;
export const tileWidth = 2 ** tileHeight;

/** Hashes of tile level `level` from `from` on, at most `count`, one after another. Stored or not: always one range read. */
export async function hashesOf(db: Queryable, level: number, from: number, count: number): Promise<Buffer> {
  const { rows } =
    level === 0
      ? await db.query({
          name: 'ledger-leaves',
          text: `select string_agg(leaf, ''::bytea order by idx) as hashes from ledger_leaf where idx >= $1 and idx < $2`,
          values: [from, from + count],
        })
      : await db.query({
          name: 'ledger-nodes',
          text: `select string_agg(hash, ''::bytea order by idx) as hashes from ledger_node where level = $3 and idx >= $1 and idx < $2`,
          values: [from, from + count, level * tileHeight],
        });
  return (rows[0]?.hashes as Buffer | null) ?? Buffer.alloc(0);
}

interface Wanted {
  level: number;
  first: number;
  count: number;
}

/** Which stored hashes a node follows from: itself at a tile's level, else the up to 128 below it. */
function storedUnder(level: number, index: number): Wanted {
  const inner = level % tileHeight;
  return { level: (level - inner) / tileHeight, first: index * 2 ** inner, count: 2 ** inner };
}

const keyOf = (level: number, tile: number) => `${level}/${tile}`;

/**
 * Runs a tree function over stored nodes: once to learn which nodes it asks for, then with the tiles that hold them. So
 * memory is a few tiles whatever the size of the tree.
 */
export async function withNodes<T>(
  db: Queryable,
  use: (nodeAt: NodeAt) => T,
  tiles = new Map<string, Buffer>(),
): Promise<T> {
  const wanted = new Map<string, [number, number]>();
  const placeholder = Buffer.alloc(32);
  use((level, index) => {
    const { level: at, first } = storedUnder(level, index);
    const tile = Math.floor(first / tileWidth);
    if (!tiles.has(keyOf(at, tile))) wanted.set(keyOf(at, tile), [at, tile]);
    return placeholder;
  });
  for (const [key, [level, tile]] of wanted)
    tiles.set(key, await hashesOf(db, level, tile * tileWidth, tileWidth));
  return use((level, index) => {
    const { level: at, first, count } = storedUnder(level, index);
    const tile = Math.floor(first / tileWidth);
    const bytes = tiles.get(keyOf(at, tile)) ?? Buffer.alloc(0);
    const start = (first - tile * tileWidth) * 32;
    if (bytes.length < start + count * 32) throw new MissingNode(at, first);
    return perfectRoot(bytes.subarray(start, start + count * 32));
  });
}

export class MissingNode extends Error {
  constructor(level: number, index: number) {
    super(`The tree has no node ${index} at level ${level * tileHeight}.`);
  }
}

/** Root over a power of two of hashes. */
export function perfectRoot(hashes: Buffer): Hash {
  let row: Hash[] = Array.from({ length: hashes.length / 32 }, (_, i) =>
    hashes.subarray(i * 32, i * 32 + 32),
  );
  while (row.length > 1)
    row = Array.from({ length: row.length / 2 }, (_, i) =>
      nodeHash(row[2 * i] as Hash, row[2 * i + 1] as Hash),
    );
  return row[0] as Hash;
}

/** Nodes that came to be while the frontier grew, as rows to insert. */
export interface NewNodes {
  levels: number[];
  indexes: number[];
  hashes: Hash[];
}

export const newNodes = (): NewNodes => ({ levels: [], indexes: [], hashes: [] });

/** Keeps those that a tile is made of. */
export const collectInto =
  (into: NewNodes) =>
  (level: number, index: number, hash: Hash): void => {
    if (level % tileHeight !== 0) return;
    into.levels.push(level);
    into.indexes.push(index);
    into.hashes.push(hash);
  };

export async function insertNodes(db: Queryable, { levels, indexes, hashes }: NewNodes): Promise<void> {
  if (levels.length === 0) return;
  await db.query(
    `insert into ledger_node (level, idx, hash) select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])
     on conflict do nothing`,
    [levels, indexes, hashes],
  );
}
