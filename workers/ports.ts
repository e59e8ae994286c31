import Fastify, { type FastifyInstance } from 'fastify';
import { resolvePrincipal } from '#kernel/auth/gate.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { version } from '#kernel/env/version.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { problemOf } from '#kernel/errors/problem.ts';
import { maxBodyBytes, tooLarge } from '#kernel/http/body.ts';
import { leasedTokens } from '#kernel/http/rate-limit.ts';
import { readiness } from '#kernel/http/readiness.ts';
import { docsPage } from '#kernel/http/rest/docs.ts';
import {
  handleRest,
  problem,
  type RestDeps,
  type RestRequest,
  type RestResponse,
} from '#kernel/http/rest/handle.ts';
import { openApiDocument } from '#kernel/http/rest/openapi.ts';
import { routesOf } from '#kernel/http/rest/routes.ts';
import { mayActAsSimulation } from '#kernel/http/rest/simulation.ts';
import { registry } from '#kernel/metrics/metrics.ts';
import { appRouter } from '#server/root.ts';
import { type SystemInfo, systems } from '#server/systems.ts';

export interface Ports {
  count: number;
  addresses: { system: SystemInfo; port: number }[];
  close(): Promise<void>;
}

export interface PortDeps {
  database: Database;
  clock: Clock;
}

/** A port for each system that has procedures with a REST route; loopback unless ATOM_HOST says otherwise. */
export async function startPorts(deps: PortDeps): Promise<Ports> {
  const open: FastifyInstance[] = [];
  const addresses: Ports['addresses'] = [];
  for (const system of systems) {
    if (system.port === undefined || routesOf(appRouter, [system.key]).length === 0) continue;
    const port = system.port + env().servicePortOffset;
    const server = portServer(system, deps);
    try {
      await server.listen({ host: env().host, port });
    } catch (error) {
      await Promise.allSettled(open.map(s => s.close()));
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      throw new Error(
        `Port ${port} for ${system.title} is in use. Stop what holds it, or set ATOM_SERVICE_PORT_OFFSET.`,
      );
    }
    open.push(server);
    addresses.push({ system, port });
  }
  return {
    count: open.length,
    addresses,
    close: async () => void (await Promise.allSettled(open.map(s => s.close()))),
  };
}

const limits = { capacity: 600, perSecond: 200 };

function principalOf(deps: PortDeps) {
  const spend = leasedTokens(deps.database, limits);
  return async (request: RestRequest) => {
    const principal = await resolvePrincipal(
      { authorization: request.header('authorization'), mayActAsSimulation: mayActAsSimulation(request) },
      deps,
    );
    const who = principal.kind === 'anonymous' || principal.kind === 'simulation' ? request.ip : principal.id;
    await spend(`rest:${principal.kind}:${who}`, deps.clock.now());
    return principal;
  };
}

export function portServer(system: SystemInfo, deps: PortDeps): FastifyInstance {
  const server = Fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  });
  const routes = routesOf(appRouter, [system.key]);
  const rest: RestDeps = { router: appRouter, routes, ...deps, principal: principalOf(deps) };
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error: Error & { code?: string }, _request, reply) => {
    const known =
      error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
        ? tooLarge()
        : error.code?.startsWith('FST_')
          ? new DomainError('invalid', 'request.malformed', 'The request could not be understood.')
          : error;
    const answer = problem(problemOf(known));
    void reply.code(answer.status).headers(answer.headers).send(answer.body);
  });
  server.get('/health', async (_request, reply) => {
    const state = await readiness(deps.database);
    const body = {
      status: state.status,
      system: system.key,
      title: system.title,
      simulated: env().simulation,
      version: version(),
      uptime_s: Math.round(process.uptime()),
      checks: state.checks,
    };
    return reply.code(state.status === 'ok' ? 200 : 503).send(body);
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  const document = () =>
    openApiDocument(
      routes,
      `ATOM Console: ${system.title}`,
      version(),
      `http://${env().host}:${(system.port ?? 0) + env().servicePortOffset}`,
    );
  server.get('/openapi.json', async () => document());
  server.get('/docs', async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(docsPage(document())),
  );
  server.all('/*', async (request, reply) => {
    const url = new URL(request.raw.url ?? '/', 'http://local');
    const answer = await handleRest(
      {
        method: request.method,
        path: url.pathname,
        query: url.searchParams,
        header: name => single(request.headers[name]),
        body: Buffer.isBuffer(request.body) ? request.body : null,
        ip: request.socket.remoteAddress ?? '',
      },
      rest,
    );
    return send(reply, answer);
  });
  return server;
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value;

const send = (
  reply: { code(status: number): { headers(h: Record<string, string>): { send(body: string): unknown } } },
  answer: RestResponse,
) => reply.code(answer.status).headers(answer.headers).send(answer.body);
