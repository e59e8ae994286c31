import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto';
import { sha256Hex } from './canonical.ts';

export const keyAlgorithms = ['ed25519', 'ecdsa-p256', 'ml-dsa-65'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

export const keyFamilies = ['classical', 'post-quantum'] as const;
export type KeyFamily = (typeof keyFamilies)[number];

export const familyOf = (algorithm: KeyAlgorithm): KeyFamily =>
  algorithm === 'ml-dsa-65' ? 'post-quantum' : 'classical';

/** What a key is, if it is of a kind we sign with; `null` for RSA, other curves and other parameter sets. */
export function algorithmOf(key: KeyObject): KeyAlgorithm | null {
  const type: string | undefined = key.asymmetricKeyType;
  if (type === 'ed25519' || type === 'ml-dsa-65') return type;
  if (type === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ecdsa-p256';
  return null;
}

/** SHA-256 of the SPKI: two encodings of one key have one fingerprint. */
export const fingerprintOf = (key: KeyObject): string =>
  sha256Hex((key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }));

export const publicPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

export function generatePrivateKey(algorithm: KeyAlgorithm): KeyObject {
  if (algorithm === 'ecdsa-p256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return algorithm === 'ed25519'
    ? generateKeyPairSync('ed25519').privateKey
    : generateKeyPairSync('ml-dsa-65').privateKey;
}

/** A public key in SPKI PEM of any kind that may take part in a hybrid signature. */
export function readPublicKey(pem: string): { key: KeyObject; algorithm: KeyAlgorithm; id: string } | null {
  try {
    if (!pem.includes('BEGIN PUBLIC KEY')) return null; // createPublicKey would derive one from a private key too
    const key = createPublicKey(pem);
    const algorithm = algorithmOf(key);
    return algorithm ? { key, algorithm, id: fingerprintOf(key) } : null;
  } catch {
    return null;
  }
}

/** A private key as the sealed store and key files hold it: PKCS#8. */
export function readPrivateKey(bytes: Buffer | string, passphrase?: string): KeyObject {
  return typeof bytes === 'string'
    ? createPrivateKey({ key: bytes, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
    : createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
}

/** Off the event loop: an ML-DSA signature takes a millisecond. Ed25519 and ML-DSA hash by themselves; P-256 signs DER. */
export function signAside(key: KeyObject, bytes: Uint8Array): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const input: KeyObject | SignKeyObjectInput =
    key.asymmetricKeyType === 'ec' ? { key, dsaEncoding: 'der' } : key;
  sign(key.asymmetricKeyType === 'ec' ? 'sha256' : null, bytes, input, (error, signature) =>
    error ? reject(error) : resolve(signature),
  );
  return promise;
}
