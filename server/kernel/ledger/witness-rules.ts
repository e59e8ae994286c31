import { type OpenedNote, openCheckpoint, parseCheckpoint, parseNote } from './note.ts';
import type { NoteVerifier } from './note-keys.ts';
import { type TlogAnswer, text } from './tlog-answer.ts';
import { emptyRoot, verifyConsistency } from './tree.ts';
import { type AddCheckpoint, parseAddCheckpoint } from './witness-messages.ts';

/** What a witness cosigned last for a log. */
export interface Witnessed {
  size: number;
  root: Buffer | null;
}

export interface Submission extends AddCheckpoint {
  origin: string;
}

export function readSubmission(body: string): Submission | null {
  const message = parseAddCheckpoint(body);
  const claimed = message && parseCheckpoint(parseNote(message.checkpoint)?.text ?? '');
  return message && claimed ? { ...message, origin: claimed.origin } : null;
}

export const unreadable = () => text(400, 'The request is not an add-checkpoint message.\n');
export const unknownLog = () => text(404, 'This witness does not know that log.\n');

export type Judged =
  | { do: 'answer'; answer: TlogAnswer }
  /** The log signed two different trees of one size: proof against it, to be kept. */
  | { do: 'split'; size: number; answer: TlogAnswer }
  | { do: 'cosign'; size: number; root: Buffer; text: string; trusted: string };

/** c2sp.org/tlog-witness: cosigned is what extends what was cosigned before, and nothing else. */
export function judgeSubmission(
  message: Submission,
  known: Witnessed,
  verifiers: readonly NoteVerifier[],
): Judged {
  const answer = (status: number, words: string): Judged => ({ do: 'answer', answer: text(status, words) });
  const opened = openCheckpoint(message.checkpoint, verifiers);
  if (!opened.ok) return answer(403, 'No signature of a key that this witness trusts for the log.\n');
  const { size, root } = opened.checkpoint;
  if (message.oldSize > size) return answer(400, 'The old size is larger than the checkpoint.\n');
  if (message.oldSize !== known.size)
    return {
      do: 'answer',
      answer: { ...text(409, `${known.size}\n`), headers: { 'content-type': 'text/x.tlog.size' } },
    };
  if (size === known.size && known.root && !known.root.equals(root))
    return { do: 'split', size, answer: text(422, 'Another tree of that size was cosigned.\n') };
  const consistent =
    size === 0
      ? root.equals(emptyRoot) && message.proof.length === 0
      : verifyConsistency(known.size, size, known.root ?? emptyRoot, root, message.proof);
  if (!consistent) return answer(422, 'The proof does not lead from the cosigned tree to this one.\n');
  return { do: 'cosign', size, root, text: opened.note.text, trusted: trustedLines(opened.note) };
}

const trustedLines = (note: OpenedNote): string =>
  note.signatures
    .filter(s => note.by.some(v => v.name === s.name && v.keyId.equals(s.keyId)))
    .map(s => s.line)
    .join('');
