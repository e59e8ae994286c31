import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import { preAuthEncoding } from '#kernel/signing/dsse.ts';
import type { LogBody, LogHeader, WireEnvelope } from '../schema.ts';

/** A key that signs; where it lives (memory, file, Vault) is its own business. */
export interface Signer {
  keyid: string;
  sign(bytes: Buffer): Promise<Buffer>;
}

/** A DSSE envelope over exactly these bytes, one signature a signer. */
export async function envelope(
  type: string,
  payload: Buffer,
  signers: readonly Signer[],
): Promise<WireEnvelope> {
  const encoded = preAuthEncoding(type, payload);
  return {
    payload: payload.toString('base64'),
    payloadType: type,
    signatures: await Promise.all(
      signers.map(async s => ({ keyid: s.keyid, sig: (await s.sign(encoded)).toString('base64') })),
    ),
  };
}

/** The bytes of a log entry: header and body are hashed and signed in this form, and kept in it. */
export function composeEntry(
  hub: string,
  after: { seq: number; hash: string },
  body: LogBody,
  at: Date,
): { header: LogHeader; headerBytes: Buffer; body: string; hash: string } {
  const bodyBytes = canonicalBytes(body);
  const header: LogHeader = {
    v: 1,
    hub,
    seq: after.seq + 1,
    prev: after.hash,
    at: at.toISOString(),
    bodyHash: sha256Hex(bodyBytes),
  };
  const headerBytes = canonicalBytes(header);
  return { header, headerBytes, body: bodyBytes.toString('base64'), hash: sha256Hex(headerBytes) };
}

/** What hub and relay compare in every beat instead of the whole list. */
export const activeDigest = (
  active: Iterable<{ policy: string; version: number; hash: string; epoch: number }>,
): string =>
  sha256Hex(
    canonicalBytes(
      [...active]
        .map(({ policy, version, hash, epoch }) => ({ policy, version, hash, epoch }))
        .toSorted((a, b) => (a.policy < b.policy ? -1 : 1)),
    ),
  );
