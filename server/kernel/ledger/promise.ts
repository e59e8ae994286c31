import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { DomainError } from '../errors/domain-error.ts';
import { decodeBase64 } from '../signing/dsse.ts';
import { recordFinding } from './findings.ts';
import { isHybrid, openNote, signNote } from './note.ts';
import { checkpointSigners, currentOrigin, ledgerVerifiers, recordKeys } from './origin.ts';

/** By when a committed entry is in the tree. Usual is a tenth of a second; what is later is a finding. */
export const promiseSeconds = 10;
const header = 'atom-console/ledger-promise/v1';

export interface InclusionPromise {
  origin: string;
  uid: string;
  leaf: Buffer;
  deadline: Date;
}

const promiseText = (p: InclusionPromise): string =>
  [header, p.origin, p.uid, p.leaf.toString('base64'), p.deadline.toISOString(), ''].join('\n');

export function parsePromise(text: string): InclusionPromise | null {
  const [first, origin, uid, leaf, deadline, end, ...more] = text.split('\n');
  const bytes = decodeBase64(leaf ?? '');
  const at = new Date(deadline ?? '');
  if (first !== header || !origin || !uid || !/^[0-9a-f-]{36}$/.test(uid) || end !== '' || more.length > 0)
    return null;
  return bytes?.length === 32 && !Number.isNaN(at.getTime())
    ? { origin, uid, leaf: bytes, deadline: at }
    : null;
}

interface Deps {
  database: Database;
  clock: Clock;
}

/** Signed after the commit. Whoever holds it can prove that the entry was promised, should somebody delete it before it is sealed. */
export async function promiseOf(
  deps: Deps,
  entry: { uid: string; leaf: Uint8Array; at: Date },
): Promise<string> {
  const db = deps.database.pool('atom_owner');
  const origin = (await currentOrigin(db)).name;
  const signers = await checkpointSigners(deps.database, deps.clock, origin);
  await recordKeys(db, signers, deps.clock.now());
  const deadline = new Date(entry.at.getTime() + promiseSeconds * 1000);
  return signNote(promiseText({ origin, uid: entry.uid, leaf: Buffer.from(entry.leaf), deadline }), signers);
}

export type PromiseState = 'kept' | 'pending' | 'broken';

/** Whether a promise that somebody brings back was kept; one that was not is a finding, with the promise as evidence. */
export async function checkPromise(deps: Deps, note: string): Promise<PromiseState> {
  const db = deps.database.pool('atom_owner');
  const opened = openNote(note, await ledgerVerifiers(db));
  const promise = opened.ok && isHybrid(opened.note.by) ? parsePromise(opened.note.text) : null;
  if (!promise)
    throw new DomainError('invalid', 'ledger.promise', 'This is not a promise that this ledger signed.');
  const { rows } = await db.query(
    'select l.leaf, l.idx from ledger_entry e join ledger_leaf l on l.entry_id = e.id where e.uid = $1',
    [promise.uid],
  );
  if (rows[0] && promise.leaf.equals(rows[0].leaf)) return 'kept';
  if (deps.clock.now() <= promise.deadline) return 'pending';
  await recordFinding(deps, {
    kind: 'broken_promise',
    subject: promise.uid,
    message: rows[0]
      ? `Entry ${rows[0].idx} (${promise.uid}) is not the one that was promised.`
      : `Entry ${promise.uid} was promised until ${promise.deadline.toISOString()} and is not in the tree.`,
    evidence: [note],
  });
  return 'broken';
}
