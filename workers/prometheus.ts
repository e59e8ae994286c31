import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { version } from '#kernel/env/version.ts';
import { restRequest } from '#kernel/http/rest/carry.ts';
import { limitedPrincipal } from '#kernel/http/rest/principal.ts';
import { refusal } from '#kernel/http/rest/response.ts';
import { mayActAsSimulation } from '#kernel/http/rest/simulation.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import { parseDuration, parseTime } from '#server/federation/metrics/service.ts';
import { createCaller } from '#server/root.ts';
import type { PortDeps } from './ports.ts';

type Metrics = ReturnType<typeof createCaller>['metrics'];
type Answer = { data: unknown; warnings: string[]; infos: string[] };

class BadParameter extends Error {}

/** The Prometheus HTTP API on the port, in its own words and shapes: what Grafana and promtool expect. */
export function attachPrometheus(server: FastifyInstance, deps: PortDeps): void {
  const principal = limitedPrincipal(deps, mayActAsSimulation);
  const caller = async (request: FastifyRequest): Promise<Metrics> => {
    const given = restRequest(request);
    const who = await principal(given);
    return createCaller({
      ...deps,
      principal: who,
      request: { channel: 'rest', ip: given.ip, userAgent: given.header('user-agent') ?? '', csrfSafe: true },
    }).metrics;
  };
  const route = (
    url: string,
    ask: (metrics: Metrics, given: Parameters, request: FastifyRequest) => Promise<Answer>,
  ) =>
    server.route({
      method: ['GET', 'POST'],
      url,
      handler: (request, reply) =>
        answered(reply, async () => {
          const found = await ask(await caller(request), new Parameters(request), request);
          return {
            status: 'success',
            data: found.data,
            ...(found.warnings.length > 0 ? { warnings: found.warnings } : {}),
            ...(found.infos.length > 0 ? { infos: found.infos } : {}),
          };
        }),
    });
  route('/api/v1/query', async (metrics, given) => {
    const found = await metrics.query({
      query: given.text('query'),
      ...given.time('time'),
      ...given.duration('timeout'),
    });
    return { ...found, data: { resultType: found.resultType, result: found.result } };
  });
  route('/api/v1/query_range', async (metrics, given) => {
    const found = await metrics.queryRange({
      query: given.text('query'),
      start: given.needed('start', parseTime),
      end: given.needed('end', parseTime),
      step: given.needed('step', parseDuration),
      ...given.duration('timeout'),
    });
    return { ...found, data: { resultType: found.resultType, result: found.result } };
  });
  const matching = (given: Parameters) => ({
    match: given.all('match[]'),
    ...given.time('start'),
    ...given.time('end'),
  });
  route('/api/v1/series', (metrics, given) => metrics.series(matching(given)));
  route('/api/v1/labels', (metrics, given) => metrics.labels(matching(given)));
  route('/api/v1/label/:name/values', (metrics, given, request) =>
    metrics.labelValues({ label: (request.params as { name: string }).name, ...matching(given) }),
  );
  server.get('/api/v1/status/buildinfo', (request, reply) =>
    answered(reply, async () => {
      await (await caller(request)).sources();
      return {
        status: 'success',
        data: {
          version: version(),
          revision: '',
          branch: '',
          buildUser: '',
          buildDate: '',
          goVersion: '',
          application: 'ATOM Console',
        },
      };
    }),
  );
  server.get('/federate', async (request, reply) => {
    try {
      const { text } = await (await caller(request)).federate({
        match: new Parameters(request).all('match[]'),
      });
      return reply
        .type('text/plain; version=0.0.4; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(text);
    } catch (error) {
      return failed(reply, error);
    }
  });
}

/** Of the address, and of a form that was posted: long queries do not fit into an address. */
class Parameters {
  private readonly given: URLSearchParams;
  constructor(request: FastifyRequest) {
    const { query, body } = restRequest(request);
    this.given = new URLSearchParams([...query, ...new URLSearchParams(body?.toString('utf8') ?? '')]);
  }
  all(name: string): string[] {
    return this.given.getAll(name);
  }
  text(name: string): string {
    return this.given.get(name) ?? '';
  }
  needed(name: string, parse: (text: string) => number | null): number {
    const value = parse(this.text(name));
    if (value === null)
      throw new BadParameter(`invalid parameter "${name}": cannot parse "${this.text(name).slice(0, 60)}"`);
    return value;
  }
  time<N extends string>(name: N): { [K in N]?: number } {
    return (this.text(name) === '' ? {} : { [name]: this.needed(name, parseTime) }) as { [K in N]?: number };
  }
  duration<N extends string>(name: N): { [K in N]?: number } {
    return (this.text(name) === '' ? {} : { [name]: this.needed(name, parseDuration) }) as {
      [K in N]?: number;
    };
  }
}

async function answered(reply: FastifyReply, ask: () => Promise<unknown>) {
  try {
    return reply.header('cache-control', 'no-store').send(await ask());
  } catch (error) {
    return failed(reply, error);
  }
}

function failed(reply: FastifyReply, error: unknown) {
  const known = asDomainError(error);
  const wrong = error instanceof BadParameter || known?.kind === 'invalid' || codeOf(error) === 'BAD_REQUEST';
  const { status, headers } = refusal(known ?? error);
  const execution = known?.code === 'metrics.execution';
  const code = wrong ? 400 : status;
  const errorType = wrong
    ? 'bad_data'
    : execution
      ? 'execution'
      : code === 503
        ? 'unavailable'
        : code === 401 || code === 403
          ? 'unauthorized'
          : 'internal';
  const message = error instanceof BadParameter ? error.message : (known?.message ?? words(error));
  const { 'content-type': _, ...others } = headers;
  return reply.code(code).headers(others).send({ status: 'error', errorType, error: message });
}

const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code;

/** The first thing wrong with the input, as a sentence. */
function words(error: unknown): string {
  const issues = (error as { cause?: { issues?: { path?: unknown[]; message?: string }[] } } | null)?.cause
    ?.issues;
  const [first] = issues ?? [];
  return first
    ? `invalid parameter "${String(first.path?.[0] ?? '')}": ${first.message}`
    : 'The request failed.';
}
