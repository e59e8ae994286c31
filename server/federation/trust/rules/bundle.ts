import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { algorithmOf, fingerprintOf, type KeyAlgorithm, keyAlgorithms } from '#kernel/signing/algorithm.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import type { Freshness } from '../schema.ts';
import { type TrustBundle, trustBundle } from '../schema.ts';

export interface BundleKey {
  kid: string;
  algorithm: KeyAlgorithm;
  key: KeyObject;
}

export interface ReadBundle {
  sequence: number;
  refreshHint: number;
  keys: BundleKey[];
  /** Of unknown kinds, without `use`, or unreadable: skipped, as the specification asks. */
  ignored: number;
  hash: string;
}

export const bundleRefusals = {
  malformed: 'It is not a JWK set with spiffe_sequence and spiffe_refresh_hint.',
  no_keys: 'None of its keys is of a kind that is known here.',
  rollback: 'Its sequence is lower than that of the bundle held.',
  fork: 'It has the sequence of the bundle held and other keys.',
  revoked_key: 'It names a key that was revoked.',
  taken_key: 'It names a key that belongs to somebody else.',
} as const;
export type BundleRefusal = keyof typeof bundleRefusals;

export function readBundle(
  input: unknown,
): { ok: true; bundle: ReadBundle } | { ok: false; reason: BundleRefusal } {
  const parsed = trustBundle.safeParse(input);
  if (!parsed.success) return { ok: false, reason: 'malformed' };
  const { keys: given, spiffe_sequence, spiffe_refresh_hint } = parsed.data;
  const keys = new Map<string, BundleKey>();
  for (const jwk of given) {
    const read = jwk.use === 'sig' ? readJwk(jwk) : null;
    if (read) keys.set(read.kid, read);
  }
  if (keys.size === 0) return { ok: false, reason: 'no_keys' };
  return {
    ok: true,
    bundle: {
      sequence: spiffe_sequence,
      refreshHint: spiffe_refresh_hint,
      keys: [...keys.values()],
      ignored: given.length - keys.size,
      hash: sha256Hex(canonicalBytes(parsed.data)),
    },
  };
}

/** The key id is ours: the fingerprint, whatever the document calls it. */
function readJwk(jwk: Record<string, unknown>): BundleKey | null {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const algorithm = algorithmOf(key);
    return algorithm && keyAlgorithms.includes(algorithm)
      ? { kid: fingerprintOf(key), algorithm, key }
      : null;
  } catch {
    return null;
  }
}

export const jwkOf = (key: KeyObject, kid: string): Record<string, string> => {
  const jwk = key.export({ format: 'jwk' }) as Record<string, string>;
  return { ...jwk, use: 'sig', kid };
};

/** A number never goes back, and one number means one content. */
export function mayFollow(held: { sequence: number; hash: string }, next: ReadBundle): BundleRefusal | null {
  if (next.sequence < held.sequence) return 'rollback';
  return next.sequence === held.sequence && next.hash !== held.hash ? 'fork' : null;
}

export const hashOf = (bundle: TrustBundle): string => sha256Hex(canonicalBytes(bundle));

const minimumMs = 1_000;
/** Between four and five fifths of the hint, so that many members do not ask at once; after failures sooner, then slower. */
export function nextRefresh(now: number, hintSeconds: number, failures: number, random: number): number {
  const hint = hintSeconds * 1000;
  const base = failures === 0 ? hint : Math.min(hint, 1_000 * 2 ** Math.min(failures, 12));
  return now + Math.max(minimumMs, Math.round(base * (0.8 + 0.2 * random)));
}

export const expiryOf = (bundleAt: number, bundleHours: number): number => bundleAt + bundleHours * 3_600_000;

/** Stale: it should have been refreshed twice over. Expired: nothing of it counts any more. */
export function freshnessOf(
  bundleAt: number,
  hintSeconds: number,
  bundleHours: number,
  now: number,
): Freshness {
  if (now >= expiryOf(bundleAt, bundleHours)) return 'expired';
  return now - bundleAt > 2 * hintSeconds * 1000 ? 'stale' : 'fresh';
}

/** Which of the wanted kinds did not sign; `classical` is met by either curve. */
export function missingSignatures(wanted: readonly string[], by: readonly KeyAlgorithm[]): string[] {
  return wanted.filter(kind =>
    kind === 'classical'
      ? !by.some(a => a === 'ed25519' || a === 'ecdsa-p256')
      : !by.includes(kind as KeyAlgorithm),
  );
}
