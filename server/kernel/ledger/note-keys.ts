import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase64 } from '../signing/dsse.ts';
import type { Signer } from '../signing/signer.ts';

/** Kinds of note signatures: two of a log, its post-quantum companion, and the one of witnesses. */
export type NoteKind = 'ed25519' | 'ecdsa-p256' | 'ml-dsa-65' | 'cosignature';

export interface NoteVerifier {
  name: string;
  keyId: Buffer;
  kind: NoteKind;
  vkey: string;
  verifies(text: Buffer, signature: Buffer): boolean;
}

export interface NoteSigner {
  name: string;
  keyId: Buffer;
  kind: NoteKind;
  /** `name+keyid+key`, as verifiers publish it. */
  vkey: string;
  sign(text: Buffer): Promise<Buffer>;
}

/** The format has no byte for ML-DSA-65: 0xff, then a name of our own, as it recommends. */
const mlDsaName = Buffer.from('\u{ff}atom-console/ml-dsa-65\0', 'latin1');
const types: Record<Exclude<NoteKind, 'ml-dsa-65'>, number> = {
  ed25519: 0x01,
  'ecdsa-p256': 0x02,
  cosignature: 0x04,
};
const ed25519Pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex');
const mlDsaSpki = Buffer.from('308207b2300b0609608648016503040312038207a100', 'hex');

const first4 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, 4);
};

/** P-256 keys alone are named by their key and nothing else: so the format took it over from its first user. */
const keyIdOf = (name: string, kind: NoteKind, typed: Buffer): Buffer =>
  kind === 'ecdsa-p256' ? first4(typed.subarray(1)) : first4(name, '\n', typed);

function typedKey(kind: NoteKind, key: KeyObject): Buffer {
  const spki = key.export({ type: 'spki', format: 'der' });
  if (kind === 'ml-dsa-65') return Buffer.concat([mlDsaName, spki.subarray(mlDsaSpki.length)]);
  const raw = kind === 'ecdsa-p256' ? spki : spki.subarray(ed25519Spki.length);
  return Buffer.concat([Buffer.from([types[kind]]), raw]);
}

const vkeyOf = (name: string, keyId: Buffer, typed: Buffer): string =>
  `${name}+${keyId.toString('hex')}+${typed.toString('base64')}`;

/** Vkeys are split at plus signs, signature lines at spaces. */
export const isNoteName = (name: string): boolean => /^[^\s+\p{Cc}]{1,200}$/u.test(name);

function named(name: string, kind: NoteKind, publicKey: KeyObject) {
  if (!isNoteName(name)) throw new Error(`"${name}" cannot name a note key.`);
  const typed = typedKey(kind, publicKey);
  const keyId = keyIdOf(name, kind, typed);
  return { name, kind, keyId, vkey: vkeyOf(name, keyId, typed) };
}

/** One of the console's keys, signing notes under `name`. */
export const noteSignerOf = (name: string, signer: Signer): NoteSigner => ({
  ...named(name, signer.algorithm, signer.publicKey),
  sign: text => signer.sign(text),
});

const seeded = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([ed25519Pkcs8, seed]), format: 'der', type: 'pkcs8' });

/** An Ed25519 key that follows from 32 secret bytes. */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  const key = seeded(seed);
  return { ...named(name, 'ed25519', createPublicKey(key)), sign: async text => sign(null, text, key) };
}

const cosigned = (time: bigint, text: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`), text]);

/** A witness's key: its signature carries the time and covers it. */
export function cosigner(name: string, seed: Uint8Array, now: () => Date): NoteSigner {
  const key = seeded(seed);
  return {
    ...named(name, 'cosignature', createPublicKey(key)),
    sign: async text => {
      const time = BigInt(Math.floor(now().getTime() / 1000));
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(time);
      return Buffer.concat([stamp, sign(null, cosigned(time, text), key)]);
    },
  };
}

export function parseVerifierKey(vkey: string): NoteVerifier {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const typed = decodeBase64(encoded ?? '');
  if (!name || !id || !typed) throw new Error('Not a note verifier key.');
  const { kind, publicKey } = readTyped(typed);
  const keyId = keyIdOf(name, kind, typed);
  if (keyId.toString('hex') !== id) throw new Error('The key id does not fit the key.');
  return {
    name,
    kind,
    keyId,
    vkey,
    verifies: (text, signature) => verifyAs(kind, publicKey, text, signature),
  };
}

function readTyped(typed: Buffer): { kind: NoteKind; publicKey: KeyObject } {
  const spki = (key: Buffer) => createPublicKey({ key, format: 'der', type: 'spki' });
  const raw = typed.subarray(1);
  if (typed[0] === types.ed25519 && raw.length === 32)
    return { kind: 'ed25519', publicKey: spki(Buffer.concat([ed25519Spki, raw])) };
  if (typed[0] === types.cosignature && raw.length === 32)
    return { kind: 'cosignature', publicKey: spki(Buffer.concat([ed25519Spki, raw])) };
  if (typed[0] === types['ecdsa-p256']) {
    const publicKey = spki(raw);
    if (publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1') return { kind: 'ecdsa-p256', publicKey };
  }
  const post = typed.subarray(mlDsaName.length);
  if (typed.subarray(0, mlDsaName.length).equals(mlDsaName) && post.length === 1952)
    return { kind: 'ml-dsa-65', publicKey: spki(Buffer.concat([mlDsaSpki, post])) };
  throw new Error('A note key of a kind that this console does not verify.');
}

function verifyAs(kind: NoteKind, key: KeyObject, text: Buffer, signature: Buffer): boolean {
  try {
    if (kind === 'cosignature')
      return (
        signature.length === 72 &&
        verify(null, cosigned(signature.readBigUInt64BE(), text), key, signature.subarray(8))
      );
    return verify(kind === 'ecdsa-p256' ? 'sha256' : null, text, key, signature);
  } catch {
    return false;
  }
}
