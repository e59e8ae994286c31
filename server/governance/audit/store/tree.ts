import type { Database, ReadDb } from '#kernel/db/database.ts';
import { type Queryable, withNodes } from '#kernel/ledger/nodes.ts';
import { currentOrigin, ledgerKeys } from '#kernel/ledger/origin.ts';
import { consistencyBetween, type InclusionProof, proofOf, signedHead } from '#kernel/ledger/proofs.ts';
import { inclusionProof } from '#kernel/ledger/tree.ts';
import { readWitnessRule } from '#kernel/ledger/witness-rule.ts';

/** Hashes and checkpoints belong to nobody: whoever may see an entry may see its path. */
const nodes = (database: Database): Queryable => database.pool('atom_app');

/** Callers have looked whether the reader may see the entry. Null while it is promised only. */
export const provedEntry = (database: Database, uid: string): Promise<InclusionProof | null> =>
  proofOf(nodes(database), uid);
export const newestCheckpoint = (database: Database) => signedHead(nodes(database));

/** What an archive is made of: the newest checkpoint that enough witnesses cosigned, where they are required. */
export async function checkpointToKeep(database: Database) {
  const { required } = await readWitnessRule(nodes(database));
  const enough = required > 0 ? await signedHead(nodes(database), { cosignedBy: required }) : null;
  return enough ?? (await signedHead(nodes(database)));
}
export const consistencyPath = (database: Database, from: number, to: number) =>
  consistencyBetween(nodes(database), from, to);

/** Many proofs for one tree head; what was read of the tree is kept in `tiles`. */
export const inclusionPaths = (
  database: Database,
  indexes: readonly number[],
  size: number,
  tiles = new Map<string, Buffer>(),
): Promise<Buffer[][]> =>
  withNodes(nodes(database), nodeAt => indexes.map(index => inclusionProof(index, size, nodeAt)), tiles);

export async function originAndKeys(database: Database): Promise<{ origin: string; keys: string[] }> {
  const { name } = await currentOrigin(nodes(database));
  const keys = (await ledgerKeys(nodes(database))).filter(key => key.origin === name);
  return { origin: name, keys: keys.map(key => key.vkey) };
}

/** Whoever does not see the witnesses cannot count them either, and is not asked to. */
export const requiredWitnesses = async (db: ReadDb): Promise<number> =>
  db.scope.role === 'atom_tenant' || db.scope.reach === 'simulated'
    ? 0
    : ((await db.one<{ n: number }>({ sql: 'select required as n from ledger_witness_rule', parameters: [] }))
        ?.n ?? 0);

export interface WitnessRow {
  name: string;
  keys: string[];
  size: number | null;
  state: string;
  at: string | null;
}

export const selectWitnesses = (db: ReadDb): Promise<WitnessRow[]> =>
  db.scope.role === 'atom_tenant' || db.scope.reach === 'simulated'
    ? Promise.resolve([])
    : db.query({
        sql: `select id as name, vkeys as keys, nullif(size, 0) as size, state, cosigned_at as at from ledger_witness order by id`,
        parameters: [],
      });
