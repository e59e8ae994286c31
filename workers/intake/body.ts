import { createGunzip } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { DomainError, invalid } from '#kernel/errors/domain-error.ts';
import { HttpRefusal } from '#kernel/http/rest/response.ts';

const documentBytes = 16 * 1024 * 1024;
const streamBytes = 256 * 1024 * 1024;
export const lineBytes = 256 * 1024;

export const unsupported = (what: string) =>
  new HttpRefusal(415, 'Unsupported content type', 'content_type', what);
const tooLarge = (limit: number) =>
  new DomainError('too_large', 'request.too_large', `The body is larger than ${limit / 1024 / 1024} MiB.`);

export async function* bodyOf(request: FastifyRequest): AsyncIterable<Buffer> {
  const raw = request.body as AsyncIterable<Buffer> | undefined;
  if (!raw) return;
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return yield* raw;
  if (encoding !== 'gzip') throw unsupported('Send the body uncompressed or with gzip.');
  const unpacked = createGunzip();
  // What breaks while it arrives breaks what reads it.
  (raw as NodeJS.ReadableStream).on('error', error => unpacked.destroy(error)).pipe(unpacked);
  try {
    yield* unpacked as AsyncIterable<Buffer>;
  } catch {
    throw invalid('request.malformed', 'The body is not valid gzip.', [
      { field: '(body)', message: 'Not valid gzip.' },
    ]);
  }
}

export async function wholeBody(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > documentBytes) throw tooLarge(documentBytes);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

/** Null stands for a line that is too long to be one. */
export async function* splitLines(body: AsyncIterable<Buffer>): AsyncIterable<string | null> {
  const decoder = new TextDecoder();
  let rest = '';
  let size = 0;
  let skipping = false;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > streamBytes) throw tooLarge(streamBytes);
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      yield skipping || part.length > lineBytes ? null : part;
      skipping = false;
    }
    if (rest.length > lineBytes) {
      skipping = true;
      rest = '';
    }
  }
  rest += decoder.decode();
  if (skipping) yield null;
  else if (rest !== '') yield rest;
}
