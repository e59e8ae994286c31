import type { ReadDb } from '#kernel/db/database.ts';
import { consistencyProof, inclusionProof, type NodeAt, nodeHash } from '#kernel/ledger/tree.ts';

export interface StoredCheckpoint {
  size: number;
  note: string;
  at: string;
}

export const newestCheckpoint = (db: ReadDb): Promise<StoredCheckpoint | null> =>
  db.one({ sql: 'select size, note, at from ledger_checkpoint order by size desc limit 1', parameters: [] });

/** Perfect subtrees of the leaves read so far; leaves never change, so what was hashed once stays. */
class Tree {
  readonly #levels: Buffer[][] = [[]];
  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }
  push(leaf: Buffer): void {
    let node = leaf;
    for (let level = 0; ; level++) {
      this.#levels[level] ??= [];
      const row = this.#levels[level] ?? [];
      row.push(node);
      const left = row.at(-2);
      if (row.length % 2 === 1 || !left) return;
      node = nodeHash(left, node);
    }
  }
  readonly nodeAt: NodeAt = (level, index) => {
    const node = this.#levels[level]?.[index];
    if (!node) throw new RangeError(`The tree has no node ${index} on level ${level}.`);
    return node;
  };
}

const trees = new WeakMap<object, { tree: Tree; reading: Promise<void> }>();

/** The tree of at least `size` leaves, read on from where the last reader stopped; one reads at a time. */
async function treeOf(db: ReadDb, owner: object, size: number): Promise<Tree> {
  const held = trees.get(owner) ?? { tree: new Tree(), reading: Promise.resolve() };
  trees.set(owner, held);
  const before = held.reading;
  held.reading = before.then(async () => {
    while (held.tree.size < size) {
      const rows = await db.query<{ idx: number; leaf: Buffer }>({
        name: 'audit-leaves',
        sql: 'select idx, leaf from ledger_leaf where idx >= $1 and idx < $2 order by idx',
        parameters: [held.tree.size, Math.min(size, held.tree.size + 20_000)],
      });
      if (rows.length === 0) throw new Error(`The ledger has no leaf ${held.tree.size}.`);
      for (const row of rows) {
        if (row.idx !== held.tree.size) throw new Error(`The ledger has no leaf ${held.tree.size}.`);
        held.tree.push(row.leaf);
      }
    }
  });
  const mine = held.reading;
  mine.catch(() => trees.delete(owner));
  await mine;
  return held.tree;
}

export async function inclusionPaths(
  db: ReadDb,
  owner: object,
  indexes: readonly number[],
  size: number,
): Promise<Buffer[][]> {
  const tree = await treeOf(db, owner, size);
  return indexes.map(index => inclusionProof(index, size, tree.nodeAt));
}

export async function consistencyPath(
  db: ReadDb,
  owner: object,
  from: number,
  to: number,
): Promise<Buffer[]> {
  const tree = await treeOf(db, owner, to);
  return consistencyProof(from, to, tree.nodeAt);
}
