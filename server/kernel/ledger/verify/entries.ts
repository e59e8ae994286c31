import type { EntryBody } from '../event.ts';
import type { Queryable } from '../nodes.ts';
import { leafHash } from '../tree.ts';
import { LedgerProblem } from './problem.ts';

export interface StoredEntry {
  idx: number;
  leaf: Buffer;
  entryLeaf: Buffer | null;
  body: Buffer | null;
  uid: string | null;
  type: string;
  actor: string;
  tenant: string | null;
  target: string | null;
  reference: string | null;
  at: string;
}

export async function storedEntries(db: Queryable, from: number, count: number): Promise<StoredEntry[]> {
  const { rows } = await db.query({
    name: 'ledger-verify-entries',
    text: `select l.idx, l.leaf, e.leaf as "entryLeaf", e.body, e.uid, e.type, e.actor, e.tenant_id as tenant, e.target, e.reference, e.at
      from ledger_leaf l left join ledger_entry e on e.id = l.entry_id where l.idx >= $1 order by l.idx limit $2`,
    values: [from, count],
  });
  return rows.map(row => ({ ...row, idx: Number(row.idx) }));
}

/** The entry's leaf, if the row is what was hashed: bytes, stored leaves, and the columns that lists and filters show. */
export function checkedLeaf(row: StoredEntry, index: number): Buffer {
  const problem = (message: string) =>
    new LedgerProblem(`Entry ${index}${row.uid ? ` (${row.uid})` : ''}: ${message}`, index, row.uid);
  if (row.idx !== index)
    throw new LedgerProblem(`Entry ${index} is missing; the next one is ${row.idx}.`, index);
  if (!row.body || !row.uid) throw problem('its row is gone.');
  const leaf = leafHash(row.body);
  if (!leaf.equals(row.leaf)) throw problem('its bytes do not hash to its leaf in the tree.');
  if (!row.entryLeaf?.equals(leaf)) throw problem('its row carries another leaf than the tree.');
  const column = differingColumn(row);
  if (column) throw problem(`its column "${column}" says something else than the bytes that were hashed.`);
  return leaf;
}

function differingColumn(row: StoredEntry): string | null {
  let said: EntryBody;
  try {
    said = JSON.parse((row.body ?? Buffer.alloc(0)).toString('utf8'));
  } catch {
    return null; // not an entry of this console's shape; only the bytes count
  }
  if (said?.v !== 1 || !said.actor) return null;
  const pairs: [string, unknown, unknown][] = [
    ['uid', row.uid, said.uid],
    ['type', row.type, said.type],
    ['actor', row.actor, `${said.actor.kind}:${said.actor.id}`],
    ['tenant_id', row.tenant, said.tenant ?? null],
    ['target', row.target, said.target ? `${said.target.kind}:${said.target.id}` : null],
    ['reference', row.reference, said.reference ?? null],
    ['at', Date.parse(row.at), Date.parse(said.at)],
  ];
  return pairs.find(([, stored, hashed]) => stored !== hashed)?.[0] ?? null;
}
