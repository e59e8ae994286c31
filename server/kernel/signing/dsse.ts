import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/** DSSE v1. What is signed is the pre-authentication encoding of the exact payload bytes. */
export const dsseEnvelope = z.strictObject({
  payload: z.string().max(1_400_000),
  payloadType: z.string().min(1).max(200),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(200).optional(), sig: z.string().max(8_000) }))
    .max(16),
});
export type DsseEnvelope = z.output<typeof dsseEnvelope>;

export function preAuthEncoding(type: string, payload: Uint8Array): Buffer {
  const kind = Buffer.from(type, 'utf8');
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${kind.length} `),
    kind,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

export type Refusal = 'malformed' | 'unsigned' | 'wrong_type' | 'wrong_key' | 'tampered';

export type Verified = { ok: true; payload: Buffer; keys: string[] } | { ok: false; reason: Refusal };

/** A key that may sign; `id` is ours, the envelope's `keyid` is only a hint and never trusted. */
export interface VerifyKey {
  id: string;
  key: KeyObject;
}

/** Strict base64, standard or URL-safe alphabet; anything else is malformed rather than half-decoded. */
export function decodeBase64(text: string): Buffer | null {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64').replace(/=+$/, '') ===
    text.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '')
    ? bytes
    : null;
}

/** `keys` are the distinct keys whose signature holds; one key signing twice counts once. */
export function verifyEnvelope(envelope: DsseEnvelope, type: string, keys: readonly VerifyKey[]): Verified {
  const payload = decodeBase64(envelope.payload);
  if (!payload) return { ok: false, reason: 'malformed' };
  if (envelope.signatures.length === 0) return { ok: false, reason: 'unsigned' };
  if (envelope.payloadType !== type) return { ok: false, reason: 'wrong_type' };
  const encoded = preAuthEncoding(envelope.payloadType, payload);
  const good = new Set<string>();
  let hinted = false;
  for (const { keyid, sig } of envelope.signatures) {
    const bytes = decodeBase64(sig);
    if (!bytes || bytes.length === 0) return { ok: false, reason: 'malformed' };
    for (const { id, key } of keys) {
      if (keyid === id) hinted = true;
      if (verifyBytes(key, encoded, bytes)) good.add(id);
    }
  }
  if (good.size > 0) return { ok: true, payload, keys: [...good] };
  return { ok: false, reason: hinted ? 'tampered' : 'wrong_key' };
}

/** Ed25519 and ML-DSA hash by themselves; ECDSA P-256 signs SHA-256 in DER. */
export const signBytes = (key: KeyObject, bytes: Uint8Array): Buffer =>
  sign(key.asymmetricKeyType === 'ec' ? 'sha256' : null, bytes, key);

export function verifyBytes(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(key.asymmetricKeyType === 'ec' ? 'sha256' : null, bytes, key, signature);
  } catch {
    return false;
  }
}

/** Whether one known key signed this, checked beside the main thread: for who hears thousands at once. */
export async function signedBy(envelope: DsseEnvelope, type: string, key: KeyObject): Promise<boolean> {
  const payload = decodeBase64(envelope.payload);
  if (!payload || envelope.payloadType !== type) return false;
  const encoded = preAuthEncoding(type, payload);
  for (const { sig } of envelope.signatures) {
    const bytes = decodeBase64(sig);
    if (!bytes?.length) return false;
    if (await verifyAside(key, encoded, bytes)) return true;
  }
  return false;
}

const verifyAside = (key: KeyObject, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> =>
  new Promise(resolve => {
    const digest = key.asymmetricKeyType === 'ec' ? 'sha256' : null;
    verify(digest, bytes, key, signature, (error, holds) => resolve(!error && holds));
  });

export function signEnvelope(type: string, payload: Uint8Array, signers: readonly VerifyKey[]): DsseEnvelope {
  const encoded = preAuthEncoding(type, payload);
  return {
    payload: Buffer.from(payload).toString('base64'),
    payloadType: type,
    signatures: signers.map(({ id, key }) => ({
      keyid: id,
      sig: signBytes(key, encoded).toString('base64'),
    })),
  };
}

export type SigningAlgorithm = 'ed25519' | 'ecdsa-p256';

/** A public key in SPKI PEM, if it is of an algorithm we accept. */
export function acceptPublicKey(pem: string): { key: KeyObject; algorithm: SigningAlgorithm } | null {
  try {
    if (!pem.includes('BEGIN PUBLIC KEY')) return null;
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return { key, algorithm: 'ed25519' };
    if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
      return { key, algorithm: 'ecdsa-p256' };
    return null;
  } catch {
    return null;
  }
}
