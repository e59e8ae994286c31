import { createHash, type KeyObject } from 'node:crypto';
import {
  BUNDLE_V03_MEDIA_TYPE,
  type Bundle,
  bundleFromJSON,
  bundleToJSON,
  toDSSEBundle,
  toMessageSignatureBundle,
} from '@sigstore/bundle';
import { DomainError } from '../errors/domain-error.ts';
import { preAuthEncoding, verifyBytes } from './dsse.ts';
import type { TrustedKey } from './hybrid.ts';
import type { Signer } from './open-key.ts';

/**
 * Sigstore bundle v0.3, for cosign and its kin. The format holds one classical signature: it is an export beside the hybrid
 * envelope, never instead of it.
 */
export type SerializedBundle = ReturnType<typeof bundleToJSON>;

/** How cosign hints at a bare public key: base64 of the SPKI's SHA-256. */
export const keyHint = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64');

function onlyP256(signer: Signer): void {
  if (signer.algorithm !== 'ecdsa-p256')
    throw new DomainError(
      'unprocessable',
      'signing.bundle_kind',
      `A sigstore bundle needs an ECDSA P-256 key; the active one is ${signer.algorithm}.`,
    );
}

export async function messageBundle(signer: Signer, content: Buffer): Promise<SerializedBundle> {
  onlyP256(signer);
  return bundleToJSON(
    toMessageSignatureBundle({
      digest: createHash('sha256').update(content).digest(),
      signature: await signer.sign(content),
      keyHint: keyHint(signer.publicKey),
    }),
  );
}

export async function envelopeBundle(
  signer: Signer,
  type: string,
  payload: Buffer,
): Promise<SerializedBundle> {
  onlyP256(signer);
  return bundleToJSON(
    toDSSEBundle({
      artifact: payload,
      artifactType: type,
      signature: await signer.sign(preAuthEncoding(type, payload)),
      keyHint: keyHint(signer.publicKey),
    }),
  );
}

export type BundleRefusal =
  | 'malformed'
  | 'wrong_type'
  | 'wrong_subject'
  | 'wrong_key'
  | 'tampered'
  | 'expired'
  | 'revoked';

/** The classical half only; `payload` is what a DSSE bundle carries, else the content itself. */
export function verifyBundle(
  input: unknown,
  content: Buffer,
  keys: readonly TrustedKey[],
  at: Date,
): { ok: true; key: string; payload: Buffer } | { ok: false; reason: BundleRefusal } {
  const refused = (reason: BundleRefusal) => ({ ok: false, reason }) as const;
  const bundle = readBundle(input);
  if (!bundle) return refused('malformed');
  const material = bundle.verificationMaterial.content;
  if (bundle.mediaType !== BUNDLE_V03_MEDIA_TYPE || material.$case !== 'publicKey')
    return refused('wrong_type');
  const signed = signedBytes(bundle, content);
  if (typeof signed === 'string') return refused(signed);
  const by = keys.find(({ key }) => verifyBytes(key, signed.bytes, signed.signature));
  if (!by)
    return refused(
      keys.some(({ key }) => keyHint(key) === material.publicKey.hint) ? 'tampered' : 'wrong_key',
    );
  if (by.revokedAt && by.revokedAt <= at) return refused('revoked');
  if (by.verifyUntil && by.verifyUntil <= at) return refused('expired');
  return { ok: true, key: by.id, payload: signed.payload };
}

function readBundle(input: unknown): Bundle | null {
  try {
    return bundleFromJSON(input);
  } catch {
    return null;
  }
}

function signedBytes(
  { content: held }: Bundle,
  content: Buffer,
): { bytes: Buffer; signature: Buffer; payload: Buffer } | 'wrong_subject' | 'malformed' {
  if (held.$case === 'messageSignature') {
    const { messageDigest, signature } = held.messageSignature;
    const digest = createHash('sha256').update(content).digest();
    if (messageDigest && !digest.equals(Buffer.from(messageDigest.digest))) return 'wrong_subject';
    return { bytes: content, signature: Buffer.from(signature), payload: content };
  }
  const { payload, payloadType, signatures } = held.dsseEnvelope;
  const [only, second] = signatures;
  if (!only || second) return 'malformed';
  const bytes = Buffer.from(payload);
  return { bytes: preAuthEncoding(payloadType, bytes), signature: Buffer.from(only.sig), payload: bytes };
}
