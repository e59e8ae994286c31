import type { KeyObject } from 'node:crypto';
import type { FieldIssue } from '#kernel/errors/domain-error.ts';
import { issuesOf } from '#kernel/errors/problem.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import {
  acceptPublicKey,
  type DsseEnvelope,
  dsseEnvelope,
  type Refusal,
  type SigningAlgorithm,
  verifyEnvelope,
} from '#kernel/signing/dsse.ts';
import { isStorable } from '#kernel/trpc/storable.ts';
import { type Registration, registration, registrationType } from './schema.ts';

export interface NamedKey {
  id: string;
  pem: string;
  algorithm: SigningAlgorithm;
  key: KeyObject;
}

export interface Refused {
  ok: false;
  reason: Refusal | 'bad_key' | 'bad_content' | 'key_change' | 'revoked_key' | 'superseded' | 'token';
  issues?: FieldIssue[];
  /** The name the refused payload claims, for the ledger; unproven. */
  claimed?: string;
}

export interface Accepted {
  ok: true;
  envelope: DsseEnvelope;
  registration: Registration;
  keys: NamedKey[];
  /** Of what it says, whenever that was signed. */
  contentHash: string;
}

/** Fingerprint of a public key: SHA-256 of its SPKI, shortened to 128 bits. */
export const keyIdOf = (key: KeyObject): string =>
  sha256Hex(key.export({ type: 'spki', format: 'der' })).slice(0, 32);

/** Checks an envelope on its own: form, content, and that one of the named keys signed it. */
export function checkRegistration(input: unknown): Accepted | Refused {
  const parsed = dsseEnvelope.safeParse(input);
  if (!parsed.success) {
    const isEnvelope =
      typeof input === 'object' && input !== null && 'signatures' in input && 'payload' in input;
    return isEnvelope
      ? { ok: false, reason: 'malformed', issues: issuesOf(parsed.error) }
      : { ok: false, reason: 'unsigned' };
  }
  const envelope = parsed.data;
  if (envelope.signatures.length === 0) return { ok: false, reason: 'unsigned' };
  const content = contentOf(envelope);
  if (!content.ok) return content;
  const keys = content.registration.keys.map(readKey);
  if (keys.some(key => key === null))
    return {
      ok: false,
      reason: 'bad_key',
      claimed: content.registration.name,
      issues: [{ field: 'keys', message: 'Not an Ed25519 or P-256 public key in PEM form.' }],
    };
  const named = dedupe(keys.filter(key => key !== null));
  const verified = verifyEnvelope(envelope, registrationType, named);
  if (!verified.ok) return { ok: false, reason: verified.reason, claimed: content.registration.name };
  return {
    ok: true,
    envelope,
    registration: content.registration,
    keys: named,
    contentHash: hashOf(content.registration),
  };
}

function hashOf({ issuedAt: _issuedAt, ...content }: Registration): string {
  return sha256Hex(canonicalBytes(content));
}

/** So much may a region's clock be ahead before what it signs could be kept for later. */
export const issuedAheadMs = 5 * 60_000;

/**
 * What was replaced does not come back by being sent once more: its signature stays good for ever. Whoever means it signs it
 * anew, and says when.
 */
export function staleBy(
  { registration: { issuedAt }, contentHash }: Accepted,
  known: { registeredAt: Date | null; superseded: readonly string[] },
  now: Date,
): boolean {
  if (issuedAt === undefined) return known.superseded.includes(contentHash);
  const at = Date.parse(issuedAt);
  return (
    at > now.getTime() + issuedAheadMs || (known.registeredAt !== null && at <= known.registeredAt.getTime())
  );
}

/** Whoever changes a known region must hold one of its registered keys, not only the new ones. */
export function provenBy(
  envelope: DsseEnvelope,
  registered: readonly { publicKey: string; revokedAt: string | null }[],
): boolean {
  return verifyEnvelope(envelope, registrationType, registeredKeys(registered)).ok;
}

/** The keys that speak for a region now. */
export const registeredKeys = (
  rows: readonly { publicKey: string; revokedAt: string | null }[],
): NamedKey[] => rows.flatMap(row => (row.revokedAt ? [] : (readKey(row.publicKey) ?? [])));

function contentOf(envelope: DsseEnvelope): { ok: true; registration: Registration } | Refused {
  let raw: unknown;
  try {
    raw = JSON.parse(Buffer.from(envelope.payload, 'base64').toString('utf8'));
  } catch {
    return { ok: false, reason: 'malformed', issues: [{ field: 'payload', message: 'Not JSON in base64.' }] };
  }
  if (!isStorable(raw))
    return {
      ok: false,
      reason: 'bad_content',
      issues: [{ field: 'payload', message: 'Holds a character that cannot be stored.' }],
    };
  const parsed = registration.safeParse(raw);
  if (!parsed.success) return { ok: false, reason: 'bad_content', issues: issuesOf(parsed.error) };
  return { ok: true, registration: parsed.data };
}

function readKey(pem: string): NamedKey | null {
  const accepted = acceptPublicKey(pem);
  return accepted ? { id: keyIdOf(accepted.key), pem, ...accepted } : null;
}

const dedupe = (keys: NamedKey[]): NamedKey[] => [...new Map(keys.map(key => [key.id, key])).values()];
