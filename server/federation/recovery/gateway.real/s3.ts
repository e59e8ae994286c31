import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type AwsCredentials, signedHeaders } from '#kernel/http/sigv4.ts';
import type { SnapshotStore } from '../gateway.ts';
import { fileHash } from '../service/files.ts';

export interface S3Place {
  endpoint: string;
  /** With a prefix after a slash where one is wanted. */
  bucket: string;
  region: string;
  credentials: AwsCredentials;
}

const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const timeoutMs = 10 * 60_000;

/** Path-style requests, signed with their payload's hash: what every S3-compatible store takes. */
export function s3Store(place: S3Place, now: () => Date = () => new Date()): SnapshotStore {
  const url = (snapshot: string, file: string) =>
    new URL(`${place.endpoint.replace(/\/+$/, '')}/${place.bucket}/${snapshot}/${file}`);
  const call = async (
    method: string,
    to: URL,
    payloadHash: string,
    more: { headers?: Record<string, string>; body?: unknown; duplex?: 'half' } = {},
  ) => {
    const headers = signedHeaders(
      { method, url: to, payloadHash, headers: { ...more.headers, 'x-amz-content-sha256': payloadHash } },
      place.credentials,
      { region: place.region, service: 's3', at: now() },
    );
    const { host: _host, ...sent } = headers; // fetch sets it itself
    return fetch(to, {
      ...(more as RequestInit),
      method,
      headers: sent,
      signal: AbortSignal.timeout(timeoutMs),
    });
  };
  const refused = async (what: string, response: Response) =>
    new Error(
      `The object store answers ${response.status} to ${what}. ${(await response.text()).slice(0, 200)}`,
    );
  return {
    name: `${place.endpoint}/${place.bucket}`,
    simulated: false,
    put: async (snapshot, file, from) => {
      const { size } = await stat(from);
      const response = await call('PUT', url(snapshot, file), await fileHash(from), {
        headers: { 'content-length': String(size) },
        body: Readable.toWeb(createReadStream(from)) as never,
        duplex: 'half',
      });
      if (!response.ok) throw await refused(`writing ${file}`, response);
    },
    get: async (snapshot, file) => {
      const response = await call('GET', url(snapshot, file), emptyHash);
      if (response.status === 404) return null;
      if (!response.ok || !response.body) throw await refused(`reading ${file}`, response);
      return Readable.fromWeb(response.body as never);
    },
    remove: async (snapshot, files) => {
      for (const file of files) {
        const response = await call('DELETE', url(snapshot, file), emptyHash);
        if (!response.ok && response.status !== 404) throw await refused(`removing ${file}`, response);
      }
    },
  };
}
