import type pg from 'pg';
import { type AnchorFile, anchorFile } from '../anchor.ts';
import type { Queryable } from '../nodes.ts';
import { type NoteVerifier, parseVerifierKey } from '../note-keys.ts';
import { currentOrigin, ledgerVerifiers } from '../origin.ts';
import { type FetchTile, firstDifference, rootFrom } from './against.ts';
import { type ExpectedRoot, LedgerProblem } from './problem.ts';
import { verifyRange } from './range.ts';
import { verifyWhole } from './whole.ts';
import { verifyWitnesses } from './witnesses.ts';

export interface VerifyOptions {
  range?: { from: number; to: number };
  /** A checkpoint or receipt from elsewhere; `fetchTile` where it comes from a log that can be read. */
  against?: { text: string; source: string; fetchTile?: FetchTile };
  /** Keys got elsewhere; without them those that the ledger itself keeps. */
  keys?: readonly string[];
  anchor?: AnchorFile;
  onProgress?: (entries: number) => void;
  /** What the age of checkpoints without enough witnesses is counted to. */
  now?: Date;
}

export type VerifyOutcome =
  | { ok: true; said: string; entries: number }
  | { ok: false; said: string; index: number | null; uid: string | null };

/** One snapshot, so that what is appended meanwhile is not taken for a fault. */
export async function verifyLedger(pool: pg.Pool, options: VerifyOptions): Promise<VerifyOutcome> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    return await verify(client, options);
  } catch (error) {
    if (!(error instanceof LedgerProblem)) throw error;
    return { ok: false, said: error.message, index: error.index, uid: error.uid };
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

async function verify(db: Queryable, options: VerifyOptions): Promise<VerifyOutcome> {
  const { range, against, onProgress } = options;
  const verifiers: NoteVerifier[] = options.keys?.length
    ? options.keys.map(parseVerifierKey)
    : await ledgerVerifiers(db);
  if (range) {
    const { entries, size } = await verifyRange(db, range.from, range.to, verifiers);
    return {
      ok: true,
      entries,
      said: `Entries ${range.from} to ${range.to} are as they were hashed, and in the signed tree of ${size} entries.${await verifyWitnesses(db, options.now)}`,
    };
  }
  const other = against && rootFrom(against.text, against.source, verifiers);
  const expected: ExpectedRoot[] = other ? [other] : [];
  const last = (options.anchor ?? anchorFile()).read((await currentOrigin(db)).name);
  if (last) expected.push({ size: last.size, root: last.root, source: 'what this machine signed last' });
  try {
    const report = await verifyWhole(db, { verifiers, expected, ...(onProgress ? { onProgress } : {}) });
    const witnesses = await verifyWitnesses(db, options.now);
    return {
      ok: true,
      entries: report.entries,
      said: `${report.entries} entries, ${report.checkpoints} signed checkpoints: all as they were hashed and signed.${report.pending ? ` ${report.pending} more wait for their position.` : ''}${witnesses} Root ${report.root.toString('base64')}`,
    };
  } catch (error) {
    // A fork is told from a copy of the log exactly, where from a root alone only a range is known.
    if (!(error instanceof LedgerProblem) || !other || !against?.fetchTile) throw error;
    const index = await firstDifference(db, other.size, against.fetchTile);
    if (index === null) throw error;
    throw new LedgerProblem(
      `Entry ${index} is not the one that ${against.source} has. ${error.message}`,
      index,
    );
  }
}
