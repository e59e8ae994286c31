import { type AnyRouter, callTRPCProcedure, TRPCError } from '@trpc/server';
import type { Principal } from '../../auth/principal.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Database } from '../../db/database.ts';
import { DomainError, invalid } from '../../errors/domain-error.ts';
import { type Problem, problemOf } from '../../errors/problem.ts';
import { activeTraceId, tracer, underCaller } from '../../trace/trace.ts';
import { asDomainError } from '../../trpc/init.ts';
import { coerceText } from './coerce.ts';
import type { Route } from './routes.ts';

export interface RestRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  header(name: string): string | undefined;
  body: Buffer | null;
  ip: string;
}

export interface RestResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface RestDeps {
  router: AnyRouter;
  routes: readonly Route[];
  database: Database;
  clock: Clock;
  principal(request: RestRequest): Promise<Principal>;
}

/** One definition of REST, whatever server carries it: framework-free, so that Next and fastify stay thin. */
export function handleRest(request: RestRequest, deps: RestDeps): Promise<RestResponse> {
  return underCaller(
    { traceparent: request.header('traceparent'), tracestate: request.header('tracestate') },
    () =>
      tracer().startActiveSpan(`${request.method} ${request.path}`, async span => {
        try {
          return await answer(request, deps);
        } catch (error) {
          return problem(toProblem(error));
        } finally {
          span.end();
        }
      }),
  );
}

async function answer(request: RestRequest, deps: RestDeps): Promise<RestResponse> {
  const matching = deps.routes.flatMap(route => {
    const match = route.pattern.exec(request.path);
    return match ? [{ route, params: match.groups ?? {} }] : [];
  });
  const found = matching.find(({ route }) => route.meta.openapi.method === request.method);
  if (!found)
    return matching.length > 0 ? methodNotAllowed(matching.map(m => m.route)) : noSuchPath(request.path);
  const { route, params } = found;
  const principal = await deps.principal(request);
  const input = readInput(request, route, params);
  const idempotencyKey = request.header('idempotency-key');
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,128}$/.test(idempotencyKey))
    throw invalid('request.idempotency_key', 'Idempotency-Key: 1 to 128 visible ASCII characters.', [
      { field: 'Idempotency-Key', message: '1 to 128 visible ASCII characters.' },
    ]);
  const traceId = activeTraceId();
  const result: unknown = await callTRPCProcedure({
    router: deps.router,
    path: route.procedure,
    getRawInput: async () => input,
    ctx: {
      principal,
      database: deps.database,
      clock: deps.clock,
      request: {
        channel: 'rest',
        ip: request.ip,
        userAgent: request.header('user-agent') ?? '',
        ...(idempotencyKey ? { idempotencyKey } : {}),
        ...(traceId ? { traceId } : {}),
        csrfSafe: true, // no ambient credentials on this channel: a bearer token is sent on purpose
      },
    },
    type: route.kind,
    signal: undefined,
    batchIndex: 0,
  });
  return json(waits(result) ? 202 : route.success, result);
}

const waits = (result: unknown): boolean =>
  typeof result === 'object' &&
  result !== null &&
  'status' in result &&
  (result.status === 'approval_required' || result.status === 'pending_approval');

function readInput(request: RestRequest, route: Route, params: Record<string, string | undefined>): unknown {
  const text = new Map<string, string[]>();
  for (const [name, value] of Object.entries(params)) text.set(name, [decodeSegment(name, value ?? '')]);
  const fromBody = request.method !== 'GET' && request.method !== 'DELETE';
  for (const [name, value] of request.query) {
    if (route.params.includes(name))
      throw invalid('request.invalid', `${name}: already named by the path.`, [
        { field: name, message: 'Already named by the path.' },
      ]);
    text.set(name, [...(text.get(name) ?? []), value]);
  }
  const fields = coerceText(text, route.input);
  const body = fromBody ? readBody(request) : undefined;
  if (body === undefined) return Object.keys(fields).length > 0 || route.inputSchema ? fields : undefined;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('request.invalid', 'The body must be a JSON object.', [
      { field: '(body)', message: 'Expected a JSON object.' },
    ]);
  for (const name of route.params)
    if (name in body && (body as Record<string, unknown>)[name] !== fields[name])
      throw invalid('request.invalid', `${name}: the body and the path disagree.`, [
        { field: name, message: 'The body and the path disagree.' },
      ]);
  return { ...body, ...fields };
}

function decodeSegment(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalid('request.invalid', `${name}: not valid percent-encoding.`, [
      { field: name, message: 'Not valid percent-encoding.' },
    ]);
  }
}

function readBody(request: RestRequest): unknown {
  if (!request.body || request.body.length === 0) return undefined;
  const type = request.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json' && !type.endsWith('+json')) throw new UnsupportedType(type);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(request.body));
  } catch {
    throw invalid('request.malformed', 'The body is not valid JSON.', [
      { field: '(body)', message: 'Not valid JSON.' },
    ]);
  }
}

class UnsupportedType extends Error {}

function toProblem(error: unknown): Problem {
  const traceId = activeTraceId();
  if (error instanceof UnsupportedType)
    return {
      ...problemOf(
        new DomainError('invalid', 'request.content_type', 'Send the body as application/json.'),
        traceId,
      ),
      status: 415,
      title: 'Unsupported content type',
    };
  const known = asDomainError(error);
  if (known) return problemOf(known, traceId);
  if (error instanceof TRPCError && error.code === 'BAD_REQUEST')
    return problemOf(invalid('request.invalid', error.message), traceId);
  return problemOf(error, traceId);
}

const common = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' };

const json = (status: number, body: unknown): RestResponse => ({
  status,
  headers: { ...common, 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body ?? null),
});

export function problem(of: Problem, extra: Record<string, string> = {}): RestResponse {
  const headers: Record<string, string> = {
    ...common,
    'content-type': 'application/problem+json; charset=utf-8',
    ...extra,
  };
  if (of.status === 401)
    headers['www-authenticate'] =
      of.kind === 'step_up' ? 'Bearer error="insufficient_user_authentication"' : 'Bearer';
  if (typeof of.retryAfter === 'number') headers['retry-after'] = String(of.retryAfter);
  return { status: of.status, headers, body: JSON.stringify(of) };
}

export const noSuchPath = (path: string): RestResponse =>
  problem(
    problemOf(
      new DomainError('not_found', 'request.no_such_path', `Nothing answers at ${path.slice(0, 200)}.`),
    ),
  );

function methodNotAllowed(routes: readonly Route[]): RestResponse {
  const allow = routes.map(route => route.meta.openapi.method).join(', ');
  const of = problemOf(new DomainError('invalid', 'request.method', `This path answers ${allow} only.`));
  return problem({ ...of, status: 405, title: 'Method not allowed' }, { allow });
}
