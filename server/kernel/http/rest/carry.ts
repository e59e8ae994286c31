import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { wideEvent } from '../../log/log.ts';
import { maxBodyBytes, tooLarge } from '../body.ts';
import { handleRest, type RestDeps, type RestRequest } from './handle.ts';
import { HttpRefusal, type RestResponse, refusal } from './response.ts';

export interface Limits {
  headersMs: number;
  requestMs: number;
  headerBytes: number;
}

const usual: Limits = { headersMs: 10_000, requestMs: 30_000, headerBytes: 16 * 1024 };

/** Carries the framework-free core on fastify; whatever goes wrong before the core is a problem document too. */
export function restServer(rest: RestDeps, limits: Limits = usual): FastifyInstance {
  const server = Fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: limits.requestMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // a connection that is still open gets its answer; it is closed after that
    exposeHeadRoutes: false,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    },
    clientErrorHandler: (error, socket) => refuseOnSocket(error.code, socket),
    frameworkErrors: (_error, request, reply) => refuse(malformed(), request, reply),
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error: Error & { code?: string }, request, reply) => {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return refuse(tooLarge(), request, reply);
    return refuse(error.code?.startsWith('FST_') ? malformed() : error, request, reply);
  });
  const carry = async (request: FastifyRequest, reply: FastifyReply) =>
    send(reply, await handleRest(restRequest(request), rest));
  server.all('/*', carry);
  server.setNotFoundHandler(carry); // methods that fastify has no route for
  return server;
}

export function restRequest(request: FastifyRequest): RestRequest {
  const [path = '/', ...query] = (request.raw.url ?? '/').split('?');
  return {
    method: request.method,
    path,
    query: new URLSearchParams(query.join('?')),
    header: name => single(request.headers[name]),
    body: Buffer.isBuffer(request.body) ? request.body : null,
    ip: request.socket.remoteAddress ?? '',
  };
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;

export const send = (reply: FastifyReply, answer: RestResponse) =>
  reply.code(answer.status).headers(answer.headers).send(answer.body);

const malformed = () =>
  new HttpRefusal(400, 'Invalid request', 'malformed', 'The request could not be understood.');

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const answer = refusal(error);
  const event = wideEvent('rest', {
    method: request.method,
    path: request.url.split('?')[0],
    ip: request.ip,
  });
  event.end(answer.status < 500 ? 'refused' : 'error', { status: answer.status, error });
  return send(reply, answer);
}

/** Not even a request: answered on the bare connection. */
function refuseOnSocket(code: string | undefined, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const answer = refusal(
    code === 'HPE_HEADER_OVERFLOW'
      ? new HttpRefusal(431, 'Headers too large', 'headers_too_large', 'The headers are too large.')
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new HttpRefusal(408, 'Too slow', 'timeout', 'The request did not arrive in time.')
        : malformed(),
  );
  const headers = {
    ...answer.headers,
    'content-length': String(Buffer.byteLength(answer.body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${answer.body}`,
  );
}

/** Requests under way may finish within the time; connections that are still open then are cut. */
export async function closeWithin(server: FastifyInstance, ms: number): Promise<void> {
  const cut = setTimeout(() => server.server.closeAllConnections(), ms);
  try {
    await server.close();
  } finally {
    clearTimeout(cut);
  }
}
