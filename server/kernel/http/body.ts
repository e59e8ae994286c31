import { DomainError } from '../errors/domain-error.ts';
import { problemOf } from '../errors/problem.ts';
import { wideEvent } from '../log/log.ts';

export const maxBodyBytes = 1024 * 1024;

export const tooLarge = () =>
  new DomainError(
    'too_large',
    'request.too_large',
    `The body is larger than ${maxBodyBytes / 1024 / 1024} MiB.`,
  );

/** Reads the body up to the limit, so that ten megabytes are refused before anything parses them. */
export async function limitedBody(request: Request): Promise<Request | Response> {
  if (request.method === 'GET' || request.method === 'HEAD' || !request.body) return request;
  const declared = Number(request.headers.get('content-length') ?? 0);
  const chunks: Uint8Array[] = [];
  let size = declared > maxBodyBytes ? declared : 0;
  if (size === 0)
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxBodyBytes) break;
      chunks.push(chunk);
    }
  if (size > maxBodyBytes) {
    const refusal = tooLarge();
    wideEvent('request', { method: request.method, path: new URL(request.url).pathname }).end('refused', {
      code: refusal.code,
      message: refusal.message,
    });
    return Response.json(problemOf(refusal), {
      status: 413,
      headers: { 'content-type': 'application/problem+json' },
    });
  }
  return new Request(request.url, {
    method: request.method,
    headers: request.headers,
    body: Buffer.concat(chunks),
    signal: request.signal,
  });
}
