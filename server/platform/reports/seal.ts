import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { decodeBase64, preAuthEncoding } from '#kernel/signing/dsse.ts';
import { hybridRefusals, type TrustedKey, verifyHybridBytes } from '#kernel/signing/hybrid.ts';
import type { Signer } from '#kernel/signing/signer.ts';
import { type Snapshot, type SnapshotContent, snapshot } from './schema.ts';

const payloadType = 'application/vnd.atom.report-snapshot+json';

const bytesOf = (unsigned: object): Buffer => preAuthEncoding(payloadType, canonicalBytes(unsigned));

export async function sealSnapshot(unsigned: SnapshotContent, signers: readonly Signer[]): Promise<Snapshot> {
  const bytes = bytesOf(unsigned);
  const signatures = await Promise.all(
    signers.map(async s => ({ keyid: s.keyid, sig: (await s.sign(bytes)).toString('base64') })),
  );
  return { ...unsigned, signature: { payloadType, signatures } };
}

export type Opened = { ok: true; snapshot: Snapshot; keys: string[] } | { ok: false; problem: string };

/** From the file's text, so that whatever was changed in it is what is judged. */
export function openSnapshot(text: string, keys: readonly TrustedKey[], at: Date): Opened {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'It is not JSON.' };
  }
  const parsed = snapshot.safeParse(raw);
  if (!parsed.success) return { ok: false, problem: 'It does not have the shape of a snapshot.' };
  const { signature, ...unsigned } = raw as Snapshot;
  if (!signature) return { ok: false, problem: hybridRefusals.unsigned };
  if (signature.payloadType !== payloadType) return { ok: false, problem: hybridRefusals.wrong_type };
  const signatures = signature.signatures.map(({ keyid, sig }) => ({
    keyid,
    sig: decodeBase64(sig) ?? Buffer.alloc(0),
  }));
  let bytes: Buffer;
  try {
    bytes = bytesOf(unsigned);
  } catch {
    return { ok: false, problem: 'It holds what has no canonical form.' };
  }
  const held = verifyHybridBytes(bytes, signatures, keys, at);
  if (!held.ok) return { ok: false, problem: hybridRefusals[held.reason] };
  return { ok: true, snapshot: parsed.data, keys: Object.values(held.keys) };
}
