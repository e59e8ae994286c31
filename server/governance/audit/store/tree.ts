import type { Database, ReadDb } from '#kernel/db/database.ts';
import { withNodes } from '#kernel/ledger/nodes.ts';
import { consistencyProof, inclusionProof } from '#kernel/ledger/tree.ts';

export interface StoredCheckpoint {
  size: number;
  note: string;
  at: string;
}

export const newestCheckpoint = (db: ReadDb): Promise<StoredCheckpoint | null> =>
  db.one({ sql: 'select size, note, at from ledger_checkpoint order by size desc limit 1', parameters: [] });

/** Hashes of the tree belong to nobody: whoever may see an entry may see its path. */
const nodes = (database: Database) => database.pool('atom_app');

export async function inclusionPaths(
  database: Database,
  indexes: readonly number[],
  size: number,
  tiles = new Map<string, Buffer>(),
): Promise<Buffer[][]> {
  return withNodes(
    nodes(database),
    nodeAt => indexes.map(index => inclusionProof(index, size, nodeAt)),
    tiles,
  );
}

export const consistencyPath = (database: Database, from: number, to: number): Promise<Buffer[]> =>
  withNodes(nodes(database), nodeAt => consistencyProof(from, to, nodeAt));
