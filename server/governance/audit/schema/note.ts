import { type Bytes, concat, fromBase64, hex, sha256, utf8 } from './merkle.ts';

/** Signed notes as C2SP writes them, read with WebCrypto and a JavaScript ML-DSA: nothing of the server's is used. */
export type NoteAlgorithm = 'ed25519' | 'ecdsa-p256' | 'ml-dsa-65' | 'cosignature';

export interface NoteKey {
  /** `name+keyid+key`, as it was published. */
  text: string;
  name: string;
  id: string;
  algorithm: NoteAlgorithm;
  key: Bytes;
}

const mlDsaKeyLength = 1952;
const mlDsaSignatureLength = 3309;

/** null where the text is no key, or its id is not the hash of its name and bytes. */
export async function readNoteKey(text: string): Promise<NoteKey | null> {
  const [, name = '', id = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const typed = fromBase64(encoded);
  if (!name || !typed) return null;
  // P-256 keys alone are named by their bytes and nothing else.
  const p256 = typed[0] === 2;
  const fingerprint = await sha256(p256 ? typed.slice(1) : concat(utf8(`${name}\n`), typed));
  if (hex(fingerprint.slice(0, 4)) !== id) return null;
  const of = (algorithm: NoteAlgorithm, length: number): NoteKey => ({
    text,
    name,
    id,
    algorithm,
    key: typed.slice(typed.length - length),
  });
  if (typed.length === 33 && typed[0] === 1) return of('ed25519', 32);
  if (typed.length === 33 && typed[0] === 4) return of('cosignature', 32);
  if (p256) return of('ecdsa-p256', typed.length - 1);
  return typed.length > mlDsaKeyLength ? of('ml-dsa-65', mlDsaKeyLength) : null;
}

export interface NoteLine {
  name: string;
  keyId: string;
  signature: Bytes;
}

export interface Note {
  text: string;
  lines: NoteLine[];
}

export function readNote(note: string): Note | null {
  const at = note.lastIndexOf('\n\n');
  if (at < 0 || !note.endsWith('\n')) return null;
  const lines: NoteLine[] = [];
  for (const line of note.slice(at + 2, -1).split('\n')) {
    const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = fromBase64(encoded ?? '');
    if (!name || !bytes || bytes.length < 5) return null;
    lines.push({ name, keyId: hex(bytes.slice(0, 4)), signature: bytes.slice(4) });
  }
  return { text: note.slice(0, at + 1), lines };
}

export interface TreeHead {
  origin: string;
  size: number;
  root: Bytes;
}

export function readTreeHead(text: string): TreeHead | null {
  const [origin, size, root] = text.split('\n');
  const bytes = fromBase64(root ?? '');
  if (!origin || !/^(0|[1-9]\d{0,15})$/.test(size ?? '') || bytes?.length !== 32) return null;
  return { origin, size: Number(size), root: bytes };
}

/** What one key says about a note; `unable` where this machine cannot compute it. */
export type Signed = 'good' | 'bad' | 'absent' | 'unable';

export async function signedBy(note: Note, key: NoteKey): Promise<Signed> {
  const line = note.lines.find(l => l.name === key.name && l.keyId === key.id);
  if (!line) return 'absent';
  try {
    return (await holds(note.text, line.signature, key)) ? 'good' : 'bad';
  } catch {
    return 'unable';
  }
}

async function holds(text: string, signature: Bytes, { algorithm, key }: NoteKey): Promise<boolean> {
  if (algorithm === 'ml-dsa-65') {
    if (signature.length !== mlDsaSignatureLength) return false;
    const { ml_dsa65 } = await import('@noble/post-quantum/ml-dsa.js');
    return ml_dsa65.verify(signature, utf8(text), key);
  }
  if (algorithm === 'ecdsa-p256') {
    const raw = rawSignature(signature);
    const by = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const publicKey = await crypto.subtle.importKey('spki', key, by, false, ['verify']);
    return raw !== null && crypto.subtle.verify(by, publicKey, raw, utf8(text));
  }
  const stamped = algorithm === 'cosignature';
  if (signature.length !== (stamped ? 72 : 64)) return false;
  const seconds = stamped ? new DataView(signature.buffer).getBigUint64(0) : 0n;
  const message = stamped ? `cosignature/v1\ntime ${seconds}\n${text}` : text;
  const publicKey = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify('Ed25519', publicKey, signature.slice(stamped ? 8 : 0), utf8(message));
}

/** DER to the two 32-byte numbers that WebCrypto takes. */
function rawSignature(der: Bytes): Bytes | null {
  const integer = (at: number): Bytes | null => {
    const length = der[at + 1] ?? 0;
    if (der[at] !== 2 || length < 1 || length > 33 || at + 2 + length > der.length) return null;
    const digits = der.slice(at + 2, at + 2 + length);
    const bare = digits[0] === 0 ? digits.slice(1) : digits;
    return bare.length > 32 ? null : concat(new Uint8Array(32 - bare.length), bare);
  };
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const r = integer(2);
  const s = r && integer(4 + (der[3] ?? 0));
  return s && 6 + (der[3] ?? 0) + (der[5 + (der[3] ?? 0)] ?? 0) === der.length ? concat(r, s) : null;
}
