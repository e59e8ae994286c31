import { type Queryable, tileHeight } from '../nodes.ts';
import { isHybrid, openCheckpoint, parseCheckpoint, parseNote } from '../note.ts';
import type { NoteVerifier } from '../note-keys.ts';
import { appendLeaves, emptyFrontier, type Frontier, type Hash, rootOf, serialiseFrontier } from '../tree.ts';
import { checkedLeaf, storedEntries } from './entries.ts';
import { type ExpectedRoot, LedgerProblem } from './problem.ts';

export interface WholeOptions {
  verifiers: readonly NoteVerifier[];
  /** Roots known outside the database. */
  expected?: readonly ExpectedRoot[];
  onProgress?: (entries: number) => void;
}

export interface WholeReport {
  entries: number;
  root: Buffer;
  checkpoints: number;
  /** Entries committed and not yet in the tree. */
  pending: number;
}

const chunk = 4096;

/**
 * Everything from the first entry on, in one pass over a few thousand rows at a time: bytes and columns, leaves, stored
 * nodes, every checkpoint with its signatures, head, and what is known outside. Throws the first problem.
 */
export async function verifyWhole(db: Queryable, options: WholeOptions): Promise<WholeReport> {
  const roots = await openRoots(db, options);
  let frontier: Frontier = emptyFrontier;
  let good = 0; // size of the last tree whose root was confirmed
  for (;;) {
    const rows = await storedEntries(db, frontier.size, chunk);
    const leaves = rows.map((row, i) => checkedLeaf(row, frontier.size + i));
    const stored = await storedNodes(db, frontier.size, frontier.size + rows.length);
    let at = 0;
    for (;;) {
      const next = await roots.peek();
      if (next && next.size === frontier.size) {
        confirm(next, rootOf(frontier), good);
        good = frontier.size;
        roots.take();
        continue;
      }
      const end = Math.min(leaves.length, next ? at + (next.size - frontier.size) : leaves.length);
      if (end === at) break;
      frontier = appendLeaves(frontier, leaves.slice(at, end), checkNode(stored));
      at = end;
    }
    options.onProgress?.(frontier.size);
    if (rows.length < chunk) break;
  }
  const beyond = await roots.peek();
  if (beyond)
    throw new LedgerProblem(
      `Entry ${frontier.size} is missing: ${beyond.source} covers ${beyond.size} entries, and the tree has ${frontier.size}.`,
      frontier.size,
    );
  await checkHead(db, frontier);
  await checkNodeCount(db, frontier.size);
  return {
    entries: frontier.size,
    root: rootOf(frontier),
    checkpoints: roots.signed(),
    pending: await checkPending(db),
  };
}

function confirm(next: ExpectedRoot, root: Hash, good: number): void {
  if (root.equals(next.root)) return;
  throw new LedgerProblem(
    `The tree of ${next.size} entries is not the one of ${next.source}: an entry from ${good} to ${next.size - 1} was replaced.`,
    good,
  );
}

type Nodes = Map<string, Buffer>;

async function storedNodes(db: Queryable, from: number, to: number): Promise<Nodes> {
  const { rows } = await db.query({
    name: 'ledger-verify-nodes',
    text: `select n.level, n.idx, n.hash from unnest(array[8, 16, 24, 32, 40, 48]) as v(level)
      join ledger_node n on n.level = v.level and n.idx >= ($1::bigint >> v.level) and n.idx < ($2::bigint >> v.level)`,
    values: [from, to],
  });
  return new Map(rows.map(row => [`${row.level}/${row.idx}`, row.hash]));
}

const checkNode = (stored: Nodes) => (level: number, index: number, hash: Hash) => {
  if (level % tileHeight !== 0) return;
  const kept = stored.get(`${level}/${index}`);
  if (kept?.equals(hash)) return;
  const first = index * 2 ** level;
  throw new LedgerProblem(
    `Node ${index} of level ${level}, over entries ${first} to ${first + 2 ** level - 1}, ${kept ? 'is not the hash of its entries' : 'is missing'}.`,
    first,
  );
};

async function checkHead(db: Queryable, frontier: Frontier): Promise<void> {
  const { rows } = await db.query('select size, frontier from ledger_head');
  const size = Number(rows[0]?.size ?? -1);
  if (size > frontier.size)
    throw new LedgerProblem(
      `Entry ${frontier.size} is missing: the head counts ${size} entries, and the tree has ${frontier.size}.`,
      frontier.size,
    );
  if (size < frontier.size || !serialiseFrontier(frontier).equals(rows[0].frontier))
    throw new LedgerProblem(`The head of ${size} entries does not fit the tree of ${frontier.size}.`, size);
}

async function checkNodeCount(db: Queryable, size: number): Promise<void> {
  const { rows } = await db.query(
    'select level, count(*)::int as n, max(idx) as top from ledger_node group by level',
  );
  const wrong = rows.find(row => row.n !== Math.floor(size / 2 ** row.level));
  if (wrong)
    throw new LedgerProblem(
      `Level ${wrong.level} has ${wrong.n} nodes; a tree of ${size} entries has ${Math.floor(size / 2 ** wrong.level)}.`,
    );
}

/** An entry below the low mark will never get a position: somebody took it away. */
async function checkPending(db: Queryable): Promise<number> {
  const { rows } = await db.query(
    `select e.uid, e.id <= h.low as lost, count(*) over ()::int as n from ledger_entry e cross join ledger_head h
      where not exists (select 1 from ledger_leaf l where l.entry_id = e.id) order by e.id limit 1`,
  );
  if (rows[0]?.lost)
    throw new LedgerProblem(
      `Entry (${rows[0].uid}) has no position in the tree any more.`,
      null,
      rows[0].uid,
    );
  return rows[0]?.n ?? 0;
}

/** Signed checkpoints and outside roots, in order of size, a few hundred at a time. */
async function openRoots(db: Queryable, { verifiers, expected = [] }: WholeOptions) {
  const outside = expected.toSorted((a, b) => a.size - b.size);
  const origins = (await db.query('select generation, origin, size from ledger_origin order by generation'))
    .rows;
  let page: ExpectedRoot[] = [];
  let after: [number, number] = [-1, 0];
  let ended = false;
  let signed = 0;
  const newest = (
    await db.query(
      'select generation, size from ledger_checkpoint order by generation desc, size desc limit 1',
    )
  ).rows[0];

  const load = async () => {
    const { rows } = await db.query(
      `select generation, size, root, note from ledger_checkpoint where (size, generation) > ($1, $2) order by size, generation limit 500`,
      after,
    );
    ended = rows.length < 500;
    for (const row of rows) {
      const size = Number(row.size);
      after = [size, row.generation];
      // What an origin signed beyond the point where the next one began was lost, and that was said then.
      const next = origins.find(o => o.generation > row.generation);
      if (next && size > Number(next.size)) continue;
      const isNewest = row.generation === newest.generation && size === Number(newest.size);
      checkSignatures(
        row.note,
        size,
        row.root,
        origins.some(o => o.generation === row.generation),
        isNewest,
      );
      signed += 1;
      page.push({ size, root: row.root, source: `the signed checkpoint of ${size} entries` });
    }
  };

  const checkSignatures = (note: string, size: number, root: Buffer, ours: boolean, isNewest: boolean) => {
    const problem = (message: string) =>
      new LedgerProblem(`The checkpoint of ${size} entries ${message}`, size);
    const said = parseCheckpoint(parseNote(note)?.text ?? '');
    if (said?.size !== size || !said.root.equals(root)) throw problem('says something else than its row.');
    if (!ours && !isNewest) return; // from before keys were kept; the tree is compared with it all the same
    const opened = openCheckpoint(
      note,
      verifiers.filter(v => v.name === said.origin),
    );
    if (!opened.ok)
      throw problem(
        opened.reason === 'bad' ? 'has a signature that does not fit.' : 'is not signed by a known key.',
      );
    if (isNewest && !isHybrid(opened.note.by))
      throw problem('lacks the classical or the post-quantum signature.');
  };

  const peek = async (): Promise<ExpectedRoot | null> => {
    while (page.length === 0 && !ended) await load();
    const [kept, known] = [page[0], outside[0]];
    return kept && (!known || kept.size <= known.size) ? kept : (known ?? null);
  };
  return {
    peek,
    take: () => {
      const [kept, known] = [page[0], outside[0]];
      if (kept && (!known || kept.size <= known.size)) page = page.slice(1);
      else outside.shift();
    },
    signed: () => signed,
  };
}
