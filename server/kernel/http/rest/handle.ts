import { trace } from '@opentelemetry/api';
import { type AnyRouter, callTRPCProcedure, TRPCError } from '@trpc/server';
import type { Principal } from '../../auth/principal.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Database } from '../../db/database.ts';
import { DomainError, invalid } from '../../errors/domain-error.ts';
import { wideEvent } from '../../log/log.ts';
import { activeTraceId, tracer, underCaller } from '../../trace/trace.ts';
import { asDomainError } from '../../trpc/init.ts';
import { readInput } from './input.ts';
import { HttpRefusal, json, type RestResponse, refusal } from './response.ts';
import type { Route, RouteTable } from './routes.ts';

export interface RestRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  header(name: string): string | undefined;
  body: Buffer | null;
  ip: string;
}

export interface RestDeps {
  router: AnyRouter;
  routes: RouteTable;
  database: Database;
  clock: Clock;
  principal(request: RestRequest): Promise<Principal>;
}

const visible = /^[\x21-\x7e]{1,128}$/;

/** One definition of REST, whatever server carries it: framework-free, so that Next and fastify stay thin. */
export function handleRest(request: RestRequest, deps: RestDeps): Promise<RestResponse> {
  return underCaller(
    { traceparent: request.header('traceparent'), tracestate: request.header('tracestate') },
    () =>
      tracer().startActiveSpan(request.method, async span => {
        const event = wideEvent('rest', { method: request.method, path: request.path, ip: request.ip });
        const call: Call = { reached: false };
        try {
          return named(await answer(request, deps, call), request);
        } catch (error) {
          const known = knownError(error);
          // A call that reached its procedure has been logged there.
          if (!call.reached && known) event.end('refused', { code: known.code, message: known.message });
          else if (!call.reached) event.end('error', { error, stack: (error as Error)?.stack });
          return named(refusal(known ?? error, activeTraceId()), request);
        } finally {
          span.end();
        }
      }),
  );
}

interface Call {
  reached: boolean;
}

/** Says under which names this exchange is found: ours in the trace, theirs in their own log. */
function named(response: RestResponse, request: RestRequest): RestResponse {
  const span = trace.getActiveSpan()?.spanContext();
  const given = request.header('x-request-id');
  const id = given !== undefined && visible.test(given) ? given : span?.traceId;
  if (id) response.headers['x-request-id'] = id;
  if (span)
    response.headers.traceresponse = `00-${span.traceId}-${span.spanId}-0${span.traceFlags & 1 ? 1 : 0}`;
  return response;
}

async function answer(request: RestRequest, deps: RestDeps, call: Call): Promise<RestResponse> {
  const { route, params } = findRoute(request, deps.routes);
  const principal = await deps.principal(request);
  const input = readInput(request, route, params);
  const idempotencyKey = request.header('idempotency-key');
  if (idempotencyKey !== undefined && !visible.test(idempotencyKey))
    throw invalid('request.idempotency_key', 'Idempotency-Key: 1 to 128 visible ASCII characters.', [
      { field: 'Idempotency-Key', message: '1 to 128 visible ASCII characters.' },
    ]);
  const traceId = activeTraceId();
  call.reached = true;
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
  call.reached = false; // what fails from here on nobody has logged
  return json(waits(result) ? 202 : existed(result) ? 200 : route.success, result);
}

function findRoute(request: RestRequest, routes: RouteTable) {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const matching = routes.at(request.path);
  const found = matching.find(({ route }) => route.meta.openapi.method === method);
  if (found) return found;
  if (matching.length === 0)
    throw new DomainError(
      'not_found',
      'request.no_such_path',
      `Nothing answers at ${request.path.slice(0, 200)}.`,
    );
  const allow = allowed(matching.map(m => m.route));
  throw new HttpRefusal(405, 'Method not allowed', 'method', `This path answers ${allow} only.`, { allow });
}

const allowed = (routes: readonly Route[]) =>
  [
    ...new Set(
      routes.flatMap(({ meta: { openapi } }) =>
        openapi.method === 'GET' ? ['GET', 'HEAD'] : [openapi.method],
      ),
    ),
  ].join(', ');

/** Asked for before: there is nothing new to point at. */
const existed = (result: unknown): boolean =>
  typeof result === 'object' && result !== null && 'created' in result && result.created === false;

const waits = (result: unknown): boolean =>
  typeof result === 'object' &&
  result !== null &&
  'status' in result &&
  (result.status === 'approval_required' || result.status === 'pending_approval');

function knownError(error: unknown): DomainError | null {
  const known = asDomainError(error);
  if (known) return known;
  if (error instanceof TRPCError && error.code === 'BAD_REQUEST')
    return invalid('request.invalid', 'The request does not have the expected shape.');
  return null;
}
