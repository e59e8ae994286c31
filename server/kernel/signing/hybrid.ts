import type { KeyObject } from 'node:crypto';
import { familyOf, fingerprintOf, type KeyAlgorithm, type KeyFamily } from './algorithm.ts';
import { type DsseEnvelope, decodeBase64, dsseEnvelope, preAuthEncoding, verifyBytes } from './dsse.ts';

/** A key that verifies, with the time within which it does. */
export interface TrustedKey {
  id: string;
  algorithm: KeyAlgorithm;
  key: KeyObject;
  /** Rotated away: what it signed counts until then. */
  verifyUntil?: Date | null;
  /** Nothing it signed counts from then on. */
  revokedAt?: Date | null;
}

export interface DetachedSignature {
  /** A hint, never trusted. */
  keyid?: string | undefined;
  sig: Uint8Array;
}

export const hybridRefusals = {
  malformed: 'The envelope or one of its signatures is not well formed.',
  unsigned: 'It carries no signature.',
  wrong_type: 'It is signed as something else than what was asked for.',
  wrong_key: 'None of the trusted keys made its signatures.',
  tampered: 'A signature names a trusted key, but does not fit the content.',
  half_signed: 'Only one of the two signatures, classical and post-quantum, is there.',
  expired: 'It is signed with a key that was rotated away and verifies no more.',
  revoked: 'It is signed with a revoked key.',
  duplicated_key: 'One key signed more than once.',
} as const;
export type HybridRefusal = keyof typeof hybridRefusals;

export type HybridVerified =
  | { ok: true; keys: Record<KeyFamily, string> }
  | { ok: false; reason: HybridRefusal };

const refused = (reason: HybridRefusal) => ({ ok: false, reason }) as const;

/** Signatures of another kind cannot be of this key: their length tells, which spares the costly attempts. */
const mayBeOf = (algorithm: KeyAlgorithm, sig: Uint8Array): boolean =>
  algorithm === 'ml-dsa-65'
    ? sig.length === 3309
    : algorithm === 'ed25519'
      ? sig.length === 64
      : sig.length <= 72;

/**
 * Two signatures over the same bytes, by a classical and by a post-quantum key: both must hold. Whoever breaks one kind of
 * key gains nothing. Signatures by strangers beside the two are ignored, as DSSE says.
 */
export function verifyHybridBytes(
  bytes: Uint8Array,
  signatures: readonly DetachedSignature[],
  keys: readonly TrustedKey[],
  at: Date,
): HybridVerified {
  if (signatures.length === 0) return refused('unsigned');
  if (signatures.some(({ sig }) => sig.length === 0)) return refused('malformed');
  const good = new Map<string, TrustedKey>();
  const strange: DetachedSignature[] = [];
  for (const signature of signatures) {
    const by = keys.find(
      ({ algorithm, key }) => mayBeOf(algorithm, signature.sig) && verifyBytes(key, bytes, signature.sig),
    );
    if (!by) {
      strange.push(signature);
      continue;
    }
    const print = fingerprintOf(by.key);
    if (good.has(print)) return refused('duplicated_key');
    good.set(print, by);
  }
  const valid = [...good.values()];
  const named = strange.some(({ keyid }) => keys.some(({ id }) => id === keyid));
  if (valid.length === 0) return refused(named ? 'tampered' : 'wrong_key');
  if (valid.some(({ revokedAt }) => revokedAt && revokedAt <= at)) return refused('revoked');
  if (valid.some(({ verifyUntil }) => verifyUntil && verifyUntil <= at)) return refused('expired');
  const of = (family: KeyFamily) => valid.find(({ algorithm }) => familyOf(algorithm) === family);
  const [classical, postQuantum] = [of('classical'), of('post-quantum')];
  if (classical && postQuantum)
    return { ok: true, keys: { classical: classical.id, 'post-quantum': postQuantum.id } };
  if (strange.length === 0) return refused('half_signed');
  return refused(named ? 'tampered' : 'wrong_key');
}

/** An envelope that both a classical and a post-quantum key of ours signed, over the same pre-authentication encoding. */
export function verifyHybrid(
  input: DsseEnvelope,
  type: string,
  keys: readonly TrustedKey[],
  at: Date,
): (HybridVerified & { ok: false }) | { ok: true; payload: Buffer; keys: Record<KeyFamily, string> } {
  const parsed = dsseEnvelope.safeParse(input);
  if (!parsed.success) return refused('malformed');
  const envelope = parsed.data;
  const payload = decodeBase64(envelope.payload);
  if (!payload) return refused('malformed');
  const signatures: DetachedSignature[] = [];
  for (const { keyid, sig } of envelope.signatures) {
    const bytes = decodeBase64(sig);
    if (!bytes) return refused('malformed');
    signatures.push({ keyid, sig: bytes });
  }
  if (signatures.length === 0) return refused('unsigned');
  if (envelope.payloadType !== type) return refused('wrong_type');
  const held = verifyHybridBytes(preAuthEncoding(type, payload), signatures, keys, at);
  return held.ok ? { ...held, payload } : held;
}
