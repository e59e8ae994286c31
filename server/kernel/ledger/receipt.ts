import { decodeBase64 } from '../signing/dsse.ts';
import { isHybrid, openCheckpoint, parseCheckpoint, parseNote } from './note.ts';
import type { NoteVerifier } from './note-keys.ts';
import { leafHash, verifyInclusion } from './tree.ts';

/** c2sp.org/tlog-proof@v1: entry, path and checkpoint in one text that verifies offline. */
export interface Receipt {
  /** The entry's bytes, from which the leaf follows. */
  body: Buffer;
  index: number;
  path: Buffer[];
  checkpoint: string;
}

const header = 'c2sp.org/tlog-proof@v1';

export const writeReceipt = ({ body, index, path, checkpoint }: Receipt): string =>
  [
    header,
    `extra ${body.toString('base64')}`,
    `index ${index}`,
    ...path.map(hash => hash.toString('base64')),
    '',
    checkpoint,
  ].join('\n');

export function parseReceipt(text: string): Receipt | null {
  const end = text.indexOf('\n\n');
  if (end < 0) return null;
  const [first, ...lines] = text.slice(0, end).split('\n');
  const extra = lines[0]?.startsWith('extra ') ? lines.shift() : undefined;
  const [, index] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? [];
  const body = decodeBase64(extra?.slice('extra '.length) ?? '');
  const path = lines.map(line => decodeBase64(line));
  if (first !== header || index === undefined || !extra || !body || path.length > 63) return null;
  if (!path.every(hash => hash?.length === 32)) return null;
  return { body, index: Number(index), path: path as Buffer[], checkpoint: text.slice(end + 2) };
}

export const receiptRefusals = {
  malformed: 'This is not a receipt (c2sp.org/tlog-proof@v1).',
  unknown_key: 'None of the given keys signed its checkpoint.',
  bad_signature: 'A signature of its checkpoint does not fit.',
  half_signed: 'Its checkpoint lacks the classical or the post-quantum signature.',
  too_few_witnesses: 'Fewer witnesses cosigned its checkpoint than are required.',
  not_included: 'The entry is not in the tree that the checkpoint names.',
} as const;
export type ReceiptRefusal = keyof typeof receiptRefusals;

export type ReceiptVerdict =
  | { ok: false; reason: ReceiptRefusal; index: number | null }
  | { ok: true; index: number; size: number; origin: string; body: Buffer; cosigners: string[] };

/** Needs nothing but the text and the keys: no database, no network. */
export function verifyReceipt(
  text: string,
  verifiers: readonly NoteVerifier[],
  requiredWitnesses = 0,
): ReceiptVerdict {
  const receipt = parseReceipt(text);
  if (!receipt) return { ok: false, reason: 'malformed', index: null };
  const { index, body, path } = receipt;
  const refused = (reason: ReceiptRefusal) => ({ ok: false, reason, index }) as const;
  const claimed = parseCheckpoint(parseNote(receipt.checkpoint)?.text ?? '');
  if (!claimed) return refused('malformed');
  // A log's key counts for its own origin; a witness's under the witness's name.
  const fitting = verifiers.filter(v => v.kind === 'cosignature' || v.name === claimed.origin);
  const opened = openCheckpoint(receipt.checkpoint, fitting);
  if (!opened.ok) return refused(opened.reason === 'bad' ? 'bad_signature' : 'unknown_key');
  const { by } = opened.note;
  if (!by.some(v => v.kind !== 'cosignature')) return refused('unknown_key');
  if (!isHybrid(by)) return refused('half_signed');
  const { size, root, origin } = opened.checkpoint;
  if (!verifyInclusion(index, size, leafHash(body), path, root)) return refused('not_included');
  const cosigners = [...new Set(by.filter(v => v.kind === 'cosignature').map(v => v.name))];
  if (cosigners.length < requiredWitnesses) return refused('too_few_witnesses');
  return { ok: true, index, size, origin, body, cosigners };
}
