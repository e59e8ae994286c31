import { createGunzip } from 'node:zlib';
import { callTRPCProcedure } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '#kernel/auth/principal.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { DomainError, invalid } from '#kernel/errors/domain-error.ts';
import { restRequest, send } from '#kernel/http/rest/carry.ts';
import { limitedPrincipal } from '#kernel/http/rest/principal.ts';
import { HttpRefusal, json, type RestResponse, refusal } from '#kernel/http/rest/response.ts';
import { mayActAsSimulation } from '#kernel/http/rest/simulation.ts';
import { log } from '#kernel/log/log.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import {
  binaryCloudEvent,
  type Door,
  frameOf,
  type IngestResult,
  type Line,
  lineOf,
  parseLine,
  readDocument,
  type Source,
} from '#server/governance/observability/service/formats.ts';
import { appRouter } from '#server/root.ts';

const documentBytes = 16 * 1024 * 1024;
const streamBytes = 256 * 1024 * 1024;
const lineBytes = 256 * 1024;
const chunkLines = 1000;
/** How long a stream that has been accepted in part waits for room before it is told to come again. */
const patienceMs = 10_000;

interface Deps {
  database: Database;
  clock: Clock;
}

interface Exchange extends Deps {
  principal: Principal;
  request: FastifyRequest;
  tenantId: string | undefined;
  /** The body, unpacked. */
  body: AsyncIterable<Buffer>;
}

const doorAt: Readonly<Record<string, Door>> = {
  '/ingest/event': 'event',
  '/ingest/alertmanager': 'alertmanager',
  '/v1/logs': 'otlp-logs',
  '/v1/traces': 'otlp-traces',
  '/loki/api/v1/push': 'loki-push',
};
const streamed = /^(application\/(x-)?ndjson|application\/jsonl|application\/x-jsonlines|text\/plain)$/;

/**
 * The doors for telemetry on port 8801. They read bodies as they arrive, which the REST routes do not; who calls, how
 * often, and what may be called are asked the same way as there, since every chunk is a call of a procedure.
 */
export function attachIntake(server: FastifyInstance, deps: Deps): void {
  const principal = limitedPrincipal(deps, mayActAsSimulation);
  void server.register(async scope => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const [url, door] of Object.entries(doorAt))
      scope.post(url, async (request, reply) => answer(door, request, reply, deps, principal));
  });
}

async function answer(
  door: Door,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: Deps,
  principalOf: ReturnType<typeof limitedPrincipal>,
): Promise<unknown> {
  try {
    const principal = await principalOf({ ...restRequest(request), body: null });
    const tenantId = header(request, 'x-tenant-id') ?? header(request, 'x-scope-orgid') ?? queried(request);
    const exchange = { ...deps, principal, request, tenantId, body: bodyOf(request) };
    const type = mediaType(request);
    if (door === 'event' && streamed.test(type)) return send(reply, await takeStream(exchange));
    return send(reply, await takeDocument(door, type, exchange));
  } catch (error) {
    const known = asDomainError(error);
    if (!known) log().error({ event: 'intake.failed', path: request.url.split('?')[0], error });
    return send(reply, refusal(known ?? error));
  }
}

const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 63) : undefined;
};
const queried = (request: FastifyRequest): string | undefined =>
  new URLSearchParams(request.url.split('?')[1] ?? '').get('tenant_id')?.slice(0, 63) || undefined;
const mediaType = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const unsupported = (what: string) => new HttpRefusal(415, 'Unsupported content type', 'content_type', what);
const tooLarge = (limit: number) =>
  new DomainError('too_large', 'request.too_large', `The body is larger than ${limit / 1024 / 1024} MiB.`);

async function* bodyOf(request: FastifyRequest): AsyncIterable<Buffer> {
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

async function wholeBody(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > documentBytes) throw tooLarge(documentBytes);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

async function takeDocument(door: Door, type: string, exchange: Exchange): Promise<RestResponse> {
  const binary = door === 'event' && exchange.request.headers['ce-specversion'] !== undefined;
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type) && !binary)
    throw unsupported(
      door.startsWith('otlp') || door === 'loki-push'
        ? 'Only the JSON form is taken: send application/json.'
        : 'Send application/json, application/x-ndjson or application/cloudevents+json.',
    );
  let value: unknown;
  try {
    const text = await wholeBody(exchange.body);
    value = binary && !/json$/.test(type) ? text : JSON.parse(text);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw invalid('request.malformed', 'The body is not valid JSON.', [
      { field: '(body)', message: 'Not valid JSON.' },
    ]);
  }
  const given = binary ? binaryCloudEvent(ceHeaders(exchange.request), value) : value;
  const { source, lines, single } = readDocument(door, given, await frameOf(exchange));
  const [only] = lines;
  if (single && only) return takeSingle(exchange, source, only);
  const total = emptyResult();
  try {
    for (let at = 0; at < lines.length; at += chunkLines)
      merge(total, await callMany(exchange, source, lines.slice(at, at + chunkLines), at > 0));
  } catch (error) {
    throw interrupted(error, total);
  }
  return answered(door, total);
}

const ceHeaders = (request: FastifyRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );

async function takeSingle(exchange: Exchange, source: Source, line: Line): Promise<RestResponse> {
  const result = await callMany(exchange, source, [line], false);
  const [wrong] = result.errors;
  if (wrong?.field === 'tenant_id' && wrong.reason.startsWith('No tenant'))
    throw new DomainError('not_found', 'tenant.not_found', wrong.reason);
  if (wrong)
    throw invalid('ingest.refused', wrong.reason, [
      { field: wrong.field ?? '(body)', message: wrong.reason },
    ]);
  const created = result.accepted === 1;
  return json(created ? 201 : 200, {
    id: result.ids[0],
    created,
    status: created ? 'accepted' : 'duplicate',
  });
}

/** NDJSON, a thousand lines at a time: the sender is slowed down by not being read from while they are written. */
async function takeStream(exchange: Exchange): Promise<RestResponse> {
  const total = emptyResult();
  let lines: Line[] = [];
  let number = 0;
  const flush = async () => {
    if (lines.length === 0) return;
    const ready = lines;
    lines = [];
    merge(total, await callMany(exchange, 'http', ready, number > chunkLines));
  };
  try {
    for await (const raw of splitLines(exchange.body)) {
      number += 1;
      if (raw === null) lines.push({ line: number, problem: `Longer than ${lineBytes / 1024} KiB.` });
      else if (raw.trim() !== '') {
        const parsed = parseLine(raw, number);
        lines.push(parsed.event === undefined ? parsed : lineOf(parsed.event, number));
      }
      if (lines.length >= chunkLines) await flush();
    }
    await flush();
  } catch (error) {
    throw interrupted(error, total);
  }
  if (number === 0 || total.ids.length === 0)
    throw invalid('ingest.empty', 'The stream holds no line.', [{ field: '(body)', message: 'No line.' }]);
  return answered('event', total);
}

/** Null stands for a line that is too long to be one. */
async function* splitLines(body: AsyncIterable<Buffer>): AsyncIterable<string | null> {
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

const emptyResult = (): IngestResult => ({ accepted: 0, duplicates: 0, rejected: 0, ids: [], errors: [] });

function merge(total: IngestResult, part: IngestResult): void {
  total.accepted += part.accepted;
  total.duplicates += part.duplicates;
  total.rejected += part.rejected;
  total.ids.push(...part.ids);
  total.errors.push(...part.errors);
}

/** What was written before stays written: the sender learns where to go on. */
function interrupted(error: unknown, total: IngestResult): unknown {
  const known = asDomainError(error);
  const seen = total.accepted + total.duplicates + total.rejected;
  if (!known || seen === 0) return error;
  const details = { ...known.details, ...counted(total), resumeFromLine: seen + 1 };
  return new DomainError(known.kind, known.code, known.message, details);
}

const mostNamed = 1000;
const counted = ({ accepted, duplicates, rejected, errors }: IngestResult) => ({
  accepted,
  duplicates,
  rejected,
  rejections: errors.slice(0, mostNamed),
});

/** Each protocol in its own words; ours says what became of every line. */
function answered(door: Door, total: IngestResult): RestResponse {
  const { accepted, duplicates, rejected } = total;
  const none = accepted + duplicates === 0;
  if (door === 'otlp-logs' || door === 'otlp-traces') {
    const count = door === 'otlp-logs' ? 'rejectedLogRecords' : 'rejectedSpans';
    const said = total.errors.slice(0, 20).map(e => `${e.line}: ${e.field ? `${e.field}: ` : ''}${e.reason}`);
    return json(
      200,
      rejected === 0 ? {} : { partialSuccess: { [count]: rejected, errorMessage: said.join('; ') } },
    );
  }
  if (door === 'loki-push' && rejected === 0) return { status: 204, headers: {}, body: '' };
  const status = rejected === 0 ? (accepted > 0 ? 201 : 200) : none ? 422 : 207;
  return json(status, {
    ...counted(total),
    ...(total.ids.length <= mostNamed ? { ids: total.ids } : {}),
    ...(total.errors.length > mostNamed ? { rejectionsLeftOut: total.errors.length - mostNamed } : {}),
  });
}

/** A stream of which something was taken already waits for room; a first chunk is refused at once. */
async function callMany(
  exchange: Exchange,
  source: Source,
  lines: readonly Line[],
  patient: boolean,
): Promise<IngestResult> {
  const until = performance.now() + patienceMs;
  for (;;)
    try {
      return await call<IngestResult>(exchange, 'telemetry.ingestMany', {
        source,
        ...(exchange.tenantId ? { tenantId: exchange.tenantId } : {}),
        lines,
      });
    } catch (error) {
      const full = asDomainError(error)?.code === 'ingest.busy';
      if (!full || !patient || performance.now() > until) throw error;
      await new Promise(resolve => setTimeout(resolve, 25));
    }
}

function call<Result>(
  { principal, database, clock, request }: Exchange,
  path: string,
  input: unknown,
): Promise<Result> {
  return callTRPCProcedure({
    router: appRouter,
    path,
    getRawInput: async () => input,
    ctx: {
      principal,
      database,
      clock,
      request: {
        channel: 'rest',
        ip: request.socket.remoteAddress ?? '',
        userAgent: header(request, 'user-agent') ?? '',
        csrfSafe: true, // no ambient credentials on this channel
      },
    },
    type: 'mutation',
    signal: undefined,
    batchIndex: 0,
  }) as Promise<Result>;
}
