import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { env } from '#kernel/env/env.ts';
import { diskStore } from '../gateway.real/disk.ts';
import { s3Store } from '../gateway.real/s3.ts';
import type { SnapshotStore } from '../gateway.ts';

/** By the environment: an S3-compatible store where one is given with its key, else a folder beside the state. */
export function snapshotStore(): SnapshotStore {
  const { S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY, S3_REGION } = env().vars;
  if (!S3_ENDPOINT || !S3_ACCESS_KEY_ID || !S3_SECRET_ACCESS_KEY)
    return diskStore(join(env().home, 'snapshots'));
  return s3Store({
    endpoint: S3_ENDPOINT,
    bucket: S3_BUCKET ?? 'atom-snapshots',
    region: S3_REGION ?? 'us-east-1',
    credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
  });
}

export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const key = () => env().secret('snapshot');
const ivBytes = 12;
const tagBytes = 16;

/** Compressed, then encrypted under the installation's master secret: a stolen snapshot is noise. Nonce first, tag last. */
export async function writeSealed(from: Readable, path: string): Promise<{ sha256: string; bytes: number }> {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key(), iv);
  const framed = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    flush(done) {
      this.push(cipher.getAuthTag());
      done();
    },
  });
  framed.push(iv);
  await pipeline(from, createGzip({ level: 1 }), cipher, framed, createWriteStream(path, { mode: 0o600 }));
  return { sha256: await fileHash(path), bytes: (await stat(path)).size };
}

/** The plain stream of a sealed local file, whose hash was compared before. */
export async function openSealed(path: string): Promise<Readable> {
  const { size } = await stat(path);
  const handle = await open(path, 'r');
  const iv = Buffer.alloc(ivBytes);
  const tag = Buffer.alloc(tagBytes);
  try {
    await handle.read(iv, 0, ivBytes, 0);
    await handle.read(tag, 0, tagBytes, size - tagBytes);
  } finally {
    await handle.close();
  }
  const decipher = createDecipheriv('aes-256-gcm', key(), iv, { authTagLength: tagBytes });
  decipher.setAuthTag(tag);
  const body = createReadStream(path, { start: ivBytes, end: size - tagBytes - 1 });
  const plain = createGunzip();
  pipeline(body, decipher, plain).catch(error => plain.destroy(error as Error));
  return plain;
}

/** A snapshot that was carried here by hand. */
export const storeInFolder = diskStore;
export type { SnapshotStore } from '../gateway.ts';
