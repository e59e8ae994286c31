import { DomainError } from '../errors/domain-error.ts';
import { type Queryable, withNodes } from './nodes.ts';
import { parseCheckpoint, parseNote } from './note.ts';
import { ledgerKeys } from './origin.ts';
import { writeReceipt } from './receipt.ts';
import { consistencyProof, inclusionProof, leafHash, subtreeRoot, verifyInclusion } from './tree.ts';
import { readWitnessRule } from './witness-rule.ts';

export interface SignedHead {
  generation: number;
  size: number;
  root: Buffer;
  /** The signed note, with the cosignatures that are there. */
  note: string;
  at: string;
}

const damaged = (message: string) => new DomainError('unavailable', 'ledger.damaged', message);

/** From the cosignatures' side: they are few beside the checkpoints. */
const cosignedByEnough = `and (c.generation, c.size) = (select s.generation, s.size from ledger_cosignature s
        join ledger_witness w on w.id = s.witness_id group by s.generation, s.size having count(*) >= $2
        order by s.generation desc, s.size desc limit 1)`;

/** The newest checkpoint, of a size, or of those that so many of the configured witnesses cosigned. */
export async function signedHead(
  db: Queryable,
  wanted: { size?: number; cosignedBy?: number } = {},
): Promise<SignedHead | null> {
  const { rows } = await db.query({
    name: `ledger-signed-head-${wanted.cosignedBy !== undefined}`,
    text: `select c.generation, c.size, c.root, c.at, c.note || coalesce((select string_agg(s.lines, '' order by s.witness_id)
        from ledger_cosignature s where s.generation = c.generation and s.size = c.size), '') as note
      from ledger_checkpoint c where ($1::bigint is null or c.size = $1)
        ${wanted.cosignedBy === undefined ? '' : cosignedByEnough}
      order by c.generation desc, c.size desc limit 1`,
    values: [wanted.size ?? null, ...(wanted.cosignedBy === undefined ? [] : [wanted.cosignedBy])],
  });
  return rows[0] ? { ...rows[0], size: Number(rows[0].size) } : null;
}

interface Placed {
  index: number;
  body: Buffer;
}

async function place(db: Queryable, uid: string): Promise<Placed | null> {
  const { rows } = await db.query({
    name: 'ledger-place',
    text: 'select l.idx, e.body from ledger_entry e join ledger_leaf l on l.entry_id = e.id where e.uid = $1',
    values: [uid],
  });
  return rows[0] ? { index: Number(rows[0].idx), body: rows[0].body } : null;
}

export interface InclusionProof {
  uid: string;
  index: number;
  size: number;
  leaf: Buffer;
  root: Buffer;
  path: Buffer[];
  checkpoint: string;
  /** Keys that verify the checkpoint; a careful verifier got them elsewhere. */
  keys: string[];
}

/**
 * Null while the entry is promised only. Callers have looked whether the reader may see the entry. What is handed out has
 * been verified here against the signed root: a damaged node shows as an error, not as a proof that fails elsewhere.
 */
export async function proofOf(
  db: Queryable,
  uid: string,
): Promise<(InclusionProof & { body: Buffer }) | null> {
  const found = await place(db, uid);
  if (!found) return null;
  const newest = await signedHead(db);
  const { required } = await readWitnessRule(db);
  const candidates = [
    ...(required > 1 ? [await signedHead(db, { cosignedBy: required })] : []),
    await signedHead(db, { cosignedBy: 1 }),
  ];
  const covers = (head: SignedHead | null) =>
    head !== null && head.generation === newest?.generation && head.size > found.index;
  const head = candidates.find(covers) ?? newest;
  if (!head || head.size <= found.index) return null;
  const { index, body } = found;
  const leaf = leafHash(body);
  const path = await withNodes(db, nodeAt => inclusionProof(index, head.size, nodeAt));
  if (!verifyInclusion(index, head.size, leaf, path, head.root))
    throw damaged(`Entry ${index} cannot be proved: stored hashes do not lead to the signed root.`);
  const origin = parseCheckpoint(parseNote(head.note)?.text ?? '')?.origin;
  const keys = (await ledgerKeys(db)).filter(k => k.origin === origin).map(k => k.vkey);
  return {
    uid,
    index,
    size: head.size,
    leaf,
    root: head.root,
    path,
    checkpoint: head.note,
    keys,
    body,
  };
}

/** The same as a text that verifies offline; null while the entry is promised only. */
export async function receiptOf(db: Queryable, uid: string): Promise<string | null> {
  const proof = await proofOf(db, uid);
  return proof && writeReceipt(proof);
}

export async function consistencyBetween(
  db: Queryable,
  first: number,
  second: number,
): Promise<{ firstRoot: Buffer; secondRoot: Buffer; path: Buffer[] }> {
  const newest = await signedHead(db);
  if (!newest || second > newest.size || first > second || first < 0)
    throw new DomainError(
      'invalid',
      'ledger.sizes',
      `Give two sizes, the smaller first, up to the signed ${newest?.size ?? 0}.`,
    );
  const [firstRoot, secondRoot, path] = await Promise.all([
    rootAt(db, first),
    rootAt(db, second),
    withNodes(db, nodeAt => consistencyProof(first, second, nodeAt)),
  ]);
  return { firstRoot, secondRoot, path };
}

export const rootAt = (db: Queryable, size: number): Promise<Buffer> =>
  withNodes(db, nodeAt => subtreeRoot(size, nodeAt));
