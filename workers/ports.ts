import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { version } from '#kernel/env/version.ts';
import { readiness } from '#kernel/http/readiness.ts';
import { closeWithin, restRequest, restServer, send } from '#kernel/http/rest/carry.ts';
import { docsPage, docsPolicy } from '#kernel/http/rest/docs.ts';
import { openApiDocument } from '#kernel/http/rest/openapi.ts';
import { limitedPrincipal } from '#kernel/http/rest/principal.ts';
import { refusal } from '#kernel/http/rest/response.ts';
import { routesOf, routeTable } from '#kernel/http/rest/routes.ts';
import { mayActAsSimulation } from '#kernel/http/rest/simulation.ts';
import { answerTlog, tlogPrefix } from '#kernel/ledger/tlog.ts';
import { registry } from '#kernel/metrics/metrics.ts';
import { processBus } from '#kernel/realtime/router.ts';
import { requirePermission } from '#kernel/trpc/builders.ts';
import { asDomainError } from '#kernel/trpc/init.ts';
import { executionStream } from '#server/execution-stream.ts';
import { answerBundle } from '#server/policy-bundle.ts';
import { downloadEvidence } from '#server/policy-downloads.ts';
import { appRouter } from '#server/root.ts';
import { type SystemInfo, systems, systemTitles } from '#server/systems.ts';

/** The console's alerts are answered on each port and under /api/v1: whoever watches a system finds them where it watches. */
const everywhere = 'alerts.list';

export interface Ports {
  count: number;
  addresses: { system: SystemInfo; port: number }[];
  close(): Promise<void>;
}

export interface PortDeps {
  database: Database;
  clock: Clock;
}

const graceMs = 2_000;

/** 8701 and 8702 belong to the first relay, which runs as a program of its own; the hub answers for the fleet. */
const ofRelay = new Set(['relays', 'cache']);
const keysOn = (system: SystemInfo): string[] =>
  system.key === 'policies' ? ['policies', 'relays'] : [system.key];

/** What a port carries beside its REST routes. */
export type Attachments = Partial<Record<string, (server: FastifyInstance) => void>>;

/** A port for each system that has procedures with a REST route; loopback unless ATOM_HOST says otherwise. */
export async function startPorts(deps: PortDeps, attachments: Attachments = {}): Promise<Ports> {
  const open: FastifyInstance[] = [];
  const close = async () => void (await Promise.allSettled(open.map(s => closeWithin(s, graceMs))));
  const addresses: Ports['addresses'] = [];
  for (const system of systems) {
    if (system.port === undefined || ofRelay.has(system.key)) continue;
    if (routesOf(appRouter, keysOn(system)).length === 0) continue;
    const port = system.port + env().servicePortOffset;
    const server = portServer(system, deps);
    attachments[system.key]?.(server);
    open.push(server);
    try {
      await server.listen({ host: env().host, port });
    } catch (error) {
      await close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      throw new Error(
        `Port ${port} for ${system.title} is in use. Stop what holds it, or set ATOM_SERVICE_PORT_OFFSET.`,
      );
    }
    addresses.push({ system, port });
  }
  return { count: open.length, addresses, close };
}

export function portServer(system: SystemInfo, deps: PortDeps): FastifyInstance {
  const own = [
    ...routesOf(appRouter, keysOn(system)),
    // A tenant's mirrors are known to replication and its moves to routing, and asked for where tenants are.
    ...(system.key === 'tenants'
      ? routesOf(appRouter, ['replication', 'edgeRouting']).filter(r =>
          r.meta.openapi.path.startsWith('/tenants/'),
        )
      : []),
  ];
  const routes = routeTable([
    ...own,
    // On its own port a system's status is just that.
    ...own
      .filter(route => route.procedure === statusOf(system.key) && route.kind === 'query')
      .map(route => ({
        ...route,
        meta: { ...route.meta, openapi: { ...route.meta.openapi, path: '/status' as const } },
      })),
    ...routesOf(appRouter, ['alerts']).filter(route => route.procedure === everywhere),
  ]);
  const principal = limitedPrincipal(deps, mayActAsSimulation);
  const server = restServer({ router: appRouter, routes, ...deps, principal });
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
    return reply
      .code(state.status === 'ok' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(body);
  });
  // Names of procedures and tenants' traffic are nobody else's business: off simulation a scraper brings its token.
  server.get('/metrics', async (raw, reply) => {
    const request = restRequest(raw);
    try {
      const who = await principal(request);
      if (who.kind !== 'simulation') requirePermission(who, 'metrics:read');
    } catch (error) {
      return send(reply, refusal(error));
    }
    return reply.type(registry.contentType).send(await registry.metrics());
  });
  if (system.key === 'audits')
    server.all(`${tlogPrefix}/*`, async (raw, reply) => {
      const { status, headers, body } = await answerTlog(restRequest(raw), { ...deps, principal });
      return reply
        .code(status)
        .headers(headers)
        .send(raw.method === 'HEAD' ? undefined : body);
    });
  if (system.key === 'policies')
    server.route({
      method: ['GET', 'HEAD'],
      url: '/policy/:id/bundle',
      handler: async (raw, reply) => {
        const bus = () => processBus(deps);
        const { status, headers, body } = await answerBundle(restRequest(raw), { ...deps, principal, bus });
        return reply
          .code(status)
          .headers(headers)
          .send(raw.method === 'HEAD' ? undefined : body);
      },
    });
  if (system.key === 'actions') streamExecutions(server, deps, principal);
  if (system.key === 'portal')
    server.get('/portal/evidence/:id', async (raw, reply) => {
      const request = restRequest(raw);
      const { id } = raw.params as { id: string };
      return carryDownload(reply, () =>
        principal(request).then(who =>
          downloadEvidence(
            { principal: who, ...deps, request: { channel: 'rest', ip: request.ip, csrfSafe: true } },
            id,
            request.query,
          ),
        ),
      );
    });
  const document = () =>
    openApiDocument(routes.all, {
      title: `ATOM Console: ${system.title}`,
      version: version(),
      server: addressOf(system),
    });
  server.get('/openapi.json', async () => document());
  server.get('/docs', async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .headers({ 'content-security-policy': docsPolicy, 'x-content-type-options': 'nosniff' })
      .send(docsPage(document(), systemTitles)),
  );
  return server;
}

/** `GET /status/{exec_id}` for whoever asks for events instead of one answer. */
function streamExecutions(
  server: FastifyInstance,
  deps: PortDeps,
  principal: ReturnType<typeof limitedPrincipal>,
): void {
  server.addHook('preHandler', async (raw, reply) => {
    const request = restRequest(raw);
    const id = /^\/status\/([^/]+)$/.exec(request.path)?.[1];
    if (id === undefined || !(request.header('accept') ?? '').includes('text/event-stream')) return;
    try {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const info = { channel: 'rest', ip: request.ip, csrfSafe: true } as const;
      const ctx = { principal: await principal(request), ...deps, request: info };
      const events = await executionStream(ctx, decodeURIComponent(id), () => processBus(deps), gone.signal);
      await reply
        .headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
        .send(Readable.from(events));
    } catch (error) {
      await send(reply, refusal(asDomainError(error) ?? error));
    }
    return reply;
  });
}

/** What the portal says of the edge is its status. */
const statusOf = (key: string): string => (key === 'portal' ? 'portal.sync' : `${key}.status`);

async function carryDownload(reply: FastifyReply, make: () => Promise<Response>) {
  try {
    const answer = await make();
    const body = answer.body ? Readable.fromWeb(answer.body as never) : undefined;
    return reply.code(answer.status).headers(Object.fromEntries(answer.headers)).send(body);
  } catch (error) {
    return send(reply, refusal(error));
  }
}

/** Under which address people reach a port: on this machine, or at the console's own name. */
function addressOf(system: SystemInfo): string {
  const { host, publicUrl, servicePortOffset } = env();
  const local = host === '127.0.0.1' || host === '::1' || host === 'localhost';
  const name = local ? 'localhost' : new URL(publicUrl).hostname;
  return `http://${name}:${(system.port ?? 0) + servicePortOffset}`;
}
