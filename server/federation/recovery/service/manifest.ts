import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { listMigrations } from '#kernel/db/migrations.ts';
import { env } from '#kernel/env/env.ts';
import { type KeyAlgorithm, publicPem, readPublicKey } from '#kernel/signing/algorithm.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { dsseEnvelope } from '#kernel/signing/dsse.ts';
import type { TrustedKey } from '#kernel/signing/hybrid.ts';
import { statementRefusals, verifyStatement } from '#kernel/signing/statement.ts';
import { SnapshotRefused } from '../errors.ts';
import type { SnapshotStore } from '../gateway.ts';
import { type Manifest, manifest, manifestPredicate } from '../schema.ts';

export const manifestFile = 'manifest.json';
export const signatureFile = 'manifest.dsse.json';
export const keysFile = 'keys.json';

const moment = z.iso.datetime().nullable();
const keySet = z.strictObject({
  keys: z
    .array(z.strictObject({ pem: z.string().max(5_000), verifyUntil: moment, revokedAt: moment }))
    .max(200),
  mac: z.string(),
});

const macOf = (keys: unknown): Buffer =>
  createHmac('sha256', env().secret('snapshot-keys')).update(canonicalBytes(keys)).digest();

/**
 * The public keys travel with the snapshot, since an empty machine knows none. That they are this installation's own is
 * shown by a code under the master secret, without which nothing of it could be opened anyway.
 */
export function writeKeys(keys: readonly TrustedKey[]): Buffer {
  const rows = keys.map(({ key, verifyUntil, revokedAt }) => ({
    pem: publicPem(key),
    verifyUntil: verifyUntil?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  }));
  return Buffer.from(JSON.stringify({ keys: rows, mac: macOf(rows).toString('hex') }, null, 1));
}

function readKeys(bytes: Buffer): TrustedKey[] {
  const parsed = keySet.safeParse(json(bytes));
  if (!parsed.success) throw new SnapshotRefused('other_installation', keysFile);
  const given = Buffer.from(parsed.data.mac, 'hex');
  const expected = macOf(parsed.data.keys);
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new SnapshotRefused('other_installation', keysFile);
  return parsed.data.keys.flatMap(row => {
    const read = readPublicKey(row.pem);
    const at = (text: string | null) => (text === null ? null : new Date(text));
    return read
      ? [
          {
            id: read.id,
            algorithm: read.algorithm as KeyAlgorithm,
            key: read.key,
            verifyUntil: at(row.verifyUntil),
            revokedAt: at(row.revokedAt),
          },
        ]
      : [];
  });
}

/** The manifest, if it is this installation's, signed by both keys, and can be restored by this version. */
export async function readManifest(
  store: SnapshotStore,
  id: string,
): Promise<{ manifest: Manifest; bytes: Buffer }> {
  const need = async (file: string) => {
    const stream = await store.get(id, file);
    if (!stream) throw new SnapshotRefused('missing_manifest', file);
    return whole(stream);
  };
  const [bytes, signature, keyBytes] = [
    await need(manifestFile),
    await need(signatureFile),
    await need(keysFile),
  ];
  const keys = readKeys(keyBytes);
  const envelope = dsseEnvelope.safeParse(json(signature));
  if (!envelope.success) throw new SnapshotRefused('wrong_signature', signatureFile);
  const takenAt = manifest.shape.takenAt.safeParse((json(bytes) as { takenAt?: unknown } | null)?.takenAt);
  // A key that was rotated away since vouches for what it signed while it was in use.
  const at = takenAt.success ? new Date(takenAt.data) : new Date();
  const held = verifyStatement(envelope.data, { predicateType: manifestPredicate, content: bytes }, keys, at);
  if (!held.ok) throw new SnapshotRefused('wrong_signature', statementRefusals[held.reason]);
  const parsed = manifest.safeParse(json(bytes));
  if (!parsed.success || parsed.data.id !== id)
    throw new SnapshotRefused('bad_manifest', parsed.error?.issues[0]?.message);
  const known = new Set(listMigrations());
  const unknown = parsed.data.migrations.filter(name => !known.has(name));
  if (unknown.length > 0) throw new SnapshotRefused('newer_schema', unknown.join(', '));
  return { manifest: parsed.data, bytes };
}

const limit = 16 * 1024 * 1024;

async function whole(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new SnapshotRefused('bad_manifest', 'It is too large.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function json(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}
