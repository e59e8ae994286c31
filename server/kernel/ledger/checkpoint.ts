import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { gauge, histogram } from '../metrics/metrics.ts';
import { type Anchor, type AnchorFile, anchorFile } from './anchor.ts';
import { type Finding, haltedBy, recordFinding } from './findings.ts';
import { MissingNode, type Queryable, withNodes } from './nodes.ts';
import { checkpointText, parseCheckpoint, parseNote, signNote } from './note.ts';
import {
  checkpointSigners,
  currentOrigin,
  type Origin,
  originName,
  pinOrigin,
  recordKeys,
} from './origin.ts';
import { consistencyProof, type Hash, parseFrontier, rootOf, verifyConsistency } from './tree.ts';

const signedSize = gauge('ledger_size_entries', 'Entries in the signed tree');
const halted = gauge('ledger_signing_halted', '1 while a finding keeps checkpoints from being signed');
const seconds = histogram('ledger_checkpoint_seconds', 'Time to check, sign and store a checkpoint');

export interface CheckpointDeps {
  database: Database;
  clock: Clock;
  anchor?: AnchorFile;
  /** Asks the witnesses what they saw; findings are theirs to record. */
  compare?: () => Promise<void>;
}

export interface Checkpointer {
  /** 1 when it signed, 0 when there was nothing to sign, null while it refuses to. */
  step(): Promise<number | null>;
}

interface Head {
  size: number;
  root: Hash;
  newest: { size: number; note: string } | null;
}

/**
 * Signs the tree after its transactions, at most every tenth of a second. It never signs what does not extend everything
 * it signed before, whatever the database says: what was signed last lies in a file beside the database, too.
 */
export function createCheckpointer({
  database,
  clock,
  anchor = anchorFile(),
  compare = async () => {},
}: CheckpointDeps): Checkpointer {
  const pool = database.pool('atom_owner');
  let last: Anchor | null | undefined;
  let compared = false;

  const refuse = async (finding: Finding): Promise<null> => {
    halted.set(1);
    await recordFinding({ database, clock }, finding);
    return null;
  };

  const step = async (): Promise<number | null> => {
    if (await haltedBy(pool)) {
      halted.set(1);
      last = undefined;
      return null;
    }
    halted.set(0);
    const origin = await originToSign(pool, anchor);
    if (last === undefined || (last && last.origin !== origin.name)) last = anchor.read(origin.name);
    const head = await readHead(pool, origin.generation);
    const wrong = await contradiction(pool, origin.name, head, last);
    if (wrong) return refuse(wrong);
    if (head.size === 0 || (head.newest && head.newest.size >= head.size)) return 0;
    if (head.newest && last === null && !compared) {
      // A restored database on a machine that never signed: only witnesses can know that a tail is missing.
      await compare();
      compared = true;
      if (await haltedBy(pool)) return null;
    }
    const stop = seconds.startTimer();
    const now = clock.now();
    const signers = await checkpointSigners(database, clock, origin.name);
    const text = checkpointText({ origin: origin.name, size: head.size, root: head.root });
    const note = await signNote(text, signers);
    await pinOrigin(pool, origin, now);
    await recordKeys(pool, signers, now);
    last = { origin: origin.name, size: head.size, root: head.root, note };
    anchor.write(last); // before anybody can see it
    await pool.query(
      'insert into ledger_checkpoint (generation, size, root, note, at) values ($1, $2, $3, $4, $5) on conflict do nothing',
      [origin.generation, head.size, head.root, note, now],
    );
    signedSize.set(head.size);
    stop();
    return 1;
  };
  return { step };
}

/** A database that never signed does not go on under a name that this machine has signed for already. */
async function originToSign(db: Queryable, anchor: AnchorFile): Promise<Origin> {
  const origin = await currentOrigin(db);
  const { rows } = await db.query('select 1 from ledger_origin limit 1');
  if (rows.length > 0) return origin;
  let { generation } = origin;
  while (anchor.read(originName(generation))) generation += 1;
  return { generation, name: originName(generation) };
}

async function readHead(db: Queryable, generation: number): Promise<Head> {
  const { rows } = await db.query({
    name: 'ledger-head-to-sign',
    text: `select h.size, h.frontier, c.size as "newestSize", c.note from ledger_head h
      left join lateral (select size, note from ledger_checkpoint where generation = $1 order by size desc limit 1) c on true`,
    values: [generation],
  });
  const { size, frontier, newestSize, note } = rows[0];
  return {
    size: Number(size),
    root: rootOf(parseFrontier(Number(size), frontier)),
    newest: newestSize === null ? null : { size: Number(newestSize), note },
  };
}

/** What the tree to be signed contradicts, if anything: the newest checkpoint kept, or the one this machine signed last. */
async function contradiction(
  db: Queryable,
  origin: string,
  head: Head,
  last: Anchor | null,
): Promise<Finding | null> {
  const kept = head.newest && parseCheckpoint(parseNote(head.newest.note)?.text ?? '');
  const before = [
    ...(last && last.size !== kept?.size ? [{ size: last.size, root: last.root, note: last.note }] : []),
    ...(kept && head.newest ? [{ size: kept.size, root: kept.root, note: head.newest.note }] : []),
  ];
  for (const { size, root, note } of before) {
    if (size > head.size)
      return {
        kind: 'lost_tail',
        subject: origin,
        message: `A checkpoint of ${size} entries was signed, and the tree has ${head.size}: entries from ${head.size} on are gone.`,
        evidence: [note],
      };
    if (size === 0 || (await extendsTo(db, size, root, head.size, head.root))) continue;
    return {
      kind: 'forked',
      subject: origin,
      message: `The tree of ${head.size} entries does not extend the signed checkpoint of ${size} entries.`,
      evidence: [note],
    };
  }
  return null;
}

export async function extendsTo(
  db: Queryable,
  first: number,
  firstRoot: Uint8Array,
  second: number,
  secondRoot: Uint8Array,
): Promise<boolean> {
  try {
    const proof = await withNodes(db, nodeAt => consistencyProof(first, second, nodeAt));
    return verifyConsistency(first, second, firstRoot, secondRoot, proof);
  } catch (error) {
    if (error instanceof MissingNode) return false;
    throw error;
  }
}
