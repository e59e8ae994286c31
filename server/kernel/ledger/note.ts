import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** C2SP signed note with Ed25519 (type 0x01): text, blank line, one line per signature. */
export interface NoteSigner {
  name: string;
  keyId: Buffer;
  privateKey: KeyObject;
  publicKey: Buffer;
}

export interface NoteVerifier {
  name: string;
  keyId: Buffer;
  publicKey: KeyObject;
}

const ed25519 = 0x01;
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const keyIdOf = (name: string, typed: Uint8Array): Buffer =>
  createHash('sha256').update(name).update('\n').update(typed).digest().subarray(0, 4);

/** The key follows from 32 secret bytes, so there is nothing more to store than the installation's master secret. */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey)
    .export({ type: 'spki', format: 'der' })
    .subarray(spkiPrefix.length);
  return {
    name,
    privateKey,
    publicKey,
    keyId: keyIdOf(name, Buffer.concat([Buffer.from([ed25519]), publicKey])),
  };
}

/** `name+keyid+key`, as verifiers publish it. */
export const verifierKey = (signer: NoteSigner): string =>
  `${signer.name}+${signer.keyId.toString('hex')}+${Buffer.concat([Buffer.from([ed25519]), signer.publicKey]).toString('base64')}`;

export function parseVerifierKey(text: string): NoteVerifier {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const typed = Buffer.from(key ?? '', 'base64');
  if (!name || !id || typed.length !== 33 || typed[0] !== ed25519)
    throw new Error('Not an Ed25519 note key.');
  if (keyIdOf(name, typed).toString('hex') !== id) throw new Error('The key id does not fit the key.');
  const publicKey = createPublicKey({
    key: Buffer.concat([spkiPrefix, typed.subarray(1)]),
    format: 'der',
    type: 'spki',
  });
  return { name, keyId: Buffer.from(id, 'hex'), publicKey };
}

export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n')) throw new Error('A note ends with a newline.');
  const lines = signers.map(
    s =>
      `— ${s.name} ${Buffer.concat([s.keyId, sign(null, Buffer.from(text), s.privateKey)]).toString('base64')}\n`,
  );
  return `${text}\n${lines.join('')}`;
}

/** The text, if at least one of `verifiers` signed it; signatures by strangers are ignored, as the format says. */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): string | null {
  const at = note.lastIndexOf('\n\n');
  if (at < 0 || !note.endsWith('\n')) return null;
  const text = note.slice(0, at + 1);
  for (const line of note
    .slice(at + 2)
    .trimEnd()
    .split('\n')) {
    const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    if (!name || !encoded) return null;
    const bytes = Buffer.from(encoded, 'base64');
    const known = verifiers.find(v => v.name === name && v.keyId.equals(bytes.subarray(0, 4)));
    if (known && verify(null, Buffer.from(text), known.publicKey, bytes.subarray(4))) return text;
  }
  return null;
}

export interface Checkpoint {
  origin: string;
  size: number;
  root: Buffer;
}

export const checkpointText = (c: Checkpoint): string =>
  `${c.origin}\n${c.size}\n${c.root.toString('base64')}\n`;

export function parseCheckpoint(text: string): Checkpoint | null {
  const [origin, size, root] = text.split('\n');
  if (!origin || !size || !/^(0|[1-9]\d*)$/.test(size) || !root) return null;
  const bytes = Buffer.from(root, 'base64');
  return bytes.length === 32 ? { origin, size: Number(size), root: bytes } : null;
}
