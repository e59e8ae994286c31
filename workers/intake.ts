import { callTRPCProcedure } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '#kernel/auth/principal.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { DomainError, invalid } from '#kernel/errors/domain-error.ts';
import { restRequest, send } from '#kernel/http/rest/carry.ts';
import { limitedPrincipal } from '#kernel/http/rest/principal.ts';
import { json, type RestResponse, refusal } from '#kernel/http/rest/response.ts';
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
import { answered, interrupted, merge, nothingTaken } from './intake/answers.ts';
import { bodyOf, lineBytes, splitLines, unsupported, wholeBody } from './intake/body.ts';

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
  const total = nothingTaken();
  try {
    for (let at = 0; at < lines.length; at += chunkLines) {
      const part = lines.slice(at, at + chunkLines);
      merge(total, await callMany(exchange, source, part, at > 0), part);
    }
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
  const total = nothingTaken();
  let lines: Line[] = [];
  let number = 0;
  const flush = async () => {
    if (lines.length === 0) return;
    const ready = lines;
    lines = [];
    merge(total, await callMany(exchange, 'http', ready, total.upTo > 0), ready);
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
