import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signedHeaders } from '#kernel/http/sigv4.ts';
import { diskStore } from './gateway.real/disk.ts';
import { s3Store } from './gateway.real/s3.ts';
import type { SnapshotStore } from './gateway.ts';

const home = mkdtempSync(join(tmpdir(), 'atom-store-'));
const credentials = { accessKeyId: 'AKTEST', secretAccessKey: 'secret' };
const at = new Date('2026-01-01T00:00:00Z');

/** As an object store does: computes the signature from what arrived, and the hash from the bytes. Not a real store. */
const objects = new Map<string, Buffer>();
let server: Server;
let endpoint: string;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', endpoint);
    const said = String(request.headers['x-amz-content-sha256']);
    const named = /SignedHeaders=([^,]+)/.exec(request.headers.authorization ?? '')?.[1]?.split(';') ?? [];
    const given = Object.fromEntries(
      named
        .filter(name => name !== 'host' && name !== 'x-amz-date')
        .map(name => [name, String(request.headers[name])]),
    );
    const own = signedHeaders(
      { method: request.method ?? '', url, payloadHash: said, headers: given },
      credentials,
      { region: 'eu-test-1', service: 's3', at },
    );
    const fits =
      own.authorization === request.headers.authorization &&
      createHash('sha256').update(body).digest('hex') === said;
    if (!fits) return void response.writeHead(403).end('SignatureDoesNotMatch');
    const known = objects.get(url.pathname);
    if (request.method === 'PUT') objects.set(url.pathname, body);
    else if (request.method === 'DELETE') objects.delete(url.pathname);
    else if (!known) return void response.writeHead(404).end();
    response.end(request.method === 'GET' ? known : undefined);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true });
});

const s3 = (secretAccessKey = credentials.secretAccessKey) =>
  s3Store(
    {
      endpoint,
      bucket: 'bucket/prefix',
      region: 'eu-test-1',
      credentials: { ...credentials, secretAccessKey },
    },
    () => at,
  );

describe.each<[string, () => SnapshotStore]>([
  ['a folder', () => diskStore(join(home, 'snapshots'))],
  ['an S3-compatible store', () => s3()],
])('%s', (_name, open) => {
  it('keeps files as they were, gives null for what is not there, and forgets', async () => {
    const store = open();
    const file = join(home, 'part');
    writeFileSync(file, 'content');
    await store.put('s1', 'a.copy', file);
    await store.put('s1', 'b.copy', file);
    writeFileSync(file, 'other');
    await store.put('s1', 'b.copy', file);
    const read = async (name: string) => {
      const stream = await store.get('s1', name);
      return stream && text(stream);
    };
    expect([await read('a.copy'), await read('b.copy'), await read('c.copy')]).toEqual([
      'content',
      'other',
      null,
    ]);
    await store.remove('s1', ['a.copy', 'b.copy']);
    expect(await read('a.copy')).toBeNull();
    await store.remove('s1', ['a.copy']);
  });
});

it('an S3-compatible store that knows another secret is an error, not an empty store', async () => {
  await expect(s3('wrong').get('s1', 'a.copy')).rejects.toThrow('answers 403');
});
