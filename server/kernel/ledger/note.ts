import { decodeBase64 } from '../signing/dsse.ts';
import type { NoteKind, NoteSigner, NoteVerifier } from './note-keys.ts';

/** C2SP signed note: text, blank line, one line per signature. */
const maxNoteBytes = 256 * 1024;
const maxSignatures = 64;

export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  if (!text.endsWith('\n')) throw new Error('A note ends with a newline.');
  return `${text}\n${await signatureLines(text, signers)}`;
}

export async function signatureLines(text: string, signers: readonly NoteSigner[]): Promise<string> {
  const bytes = Buffer.from(text);
  const lines = await Promise.all(
    signers.map(
      async s => `— ${s.name} ${Buffer.concat([s.keyId, await s.sign(bytes)]).toString('base64')}\n`,
    ),
  );
  return lines.join('');
}

export interface SignatureLine {
  name: string;
  keyId: Buffer;
  signature: Buffer;
  line: string;
}

export interface ParsedNote {
  text: string;
  signatures: SignatureLine[];
}

export function parseNote(note: string): ParsedNote | null {
  const at = note.lastIndexOf('\n\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the format forbids exactly these.
  if (note.length > maxNoteBytes || at < 0 || !note.endsWith('\n') || /[\x00-\x09\x0b-\x1f]/.test(note))
    return null;
  const lines = note.slice(at + 2, -1).split('\n');
  if (lines.length > maxSignatures) return null;
  const signatures = lines.map(readLine);
  return signatures.every(s => s !== null) ? { text: note.slice(0, at + 1), signatures } : null;
}

function readLine(line: string): SignatureLine | null {
  const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
  const bytes = encoded ? decodeBase64(encoded) : null;
  if (!name || name.includes('+') || !bytes || bytes.length < 5) return null;
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4), line: `${line}\n` };
}

export interface OpenedNote {
  text: string;
  by: NoteVerifier[];
  signatures: SignatureLine[];
}

export type Opened = { ok: true; note: OpenedNote } | { ok: false; reason: 'malformed' | 'unknown' | 'bad' };

/**
 * Signatures by strangers are ignored, as the format says; one that names a known key and does not fit spoils the note.
 */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): Opened {
  const parsed = parseNote(note);
  if (!parsed) return { ok: false, reason: 'malformed' };
  const text = Buffer.from(parsed.text);
  const by: NoteVerifier[] = [];
  for (const { name, keyId, signature } of parsed.signatures) {
    const known = verifiers.find(v => v.name === name && v.keyId.equals(keyId));
    if (!known) continue;
    if (!known.verifies(text, signature)) return { ok: false, reason: 'bad' };
    if (!by.includes(known)) by.push(known);
  }
  return by.length === 0 ? { ok: false, reason: 'unknown' } : { ok: true, note: { ...parsed, by } };
}

/** Signed by a classical and by a post-quantum key: whoever breaks one kind gains nothing. */
export const isHybrid = (by: readonly { kind: NoteKind }[]): boolean =>
  by.some(v => v.kind === 'ed25519' || v.kind === 'ecdsa-p256') && by.some(v => v.kind === 'ml-dsa-65');

export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
}

export const checkpointText = (c: Checkpoint): string =>
  `${c.origin}\n${c.size}\n${c.root.toString('base64')}\n`;

export function parseCheckpoint(text: string): Checkpoint | null {
  const [origin, size, root, ...rest] = text.split('\n');
  if (!origin || !size || !/^(0|[1-9]\d{0,15})$/.test(size) || !root) return null;
  if (rest.pop() !== '' || rest.some(line => line === '')) return null; // extension lines are not empty
  const bytes = decodeBase64(root);
  const count = Number(size);
  return bytes?.length === 32 && Number.isSafeInteger(count) ? { origin, size: count, root: bytes } : null;
}

/** A checkpoint that at least one of `verifiers` signed. */
export function openCheckpoint(note: string, verifiers: readonly NoteVerifier[]) {
  const opened = openNote(note, verifiers);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.note.text);
  return checkpoint
    ? ({ ok: true, checkpoint, note: opened.note } as const)
    : ({ ok: false, reason: 'malformed' } as const);
}
