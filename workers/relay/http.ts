import Fastify, { type FastifyInstance } from 'fastify';
import { metricsText, type RelayEngine, relayQuestion } from '#server/policy/relay/service/engine.ts';

export interface RelayHttp {
  engine: RelayEngine;
  version: string;
  simulated: boolean;
  carrier: () => string;
  sync: () => void;
}

const problem = (status: number, title: string, detail: string, extra: object = {}) => ({
  type: 'about:blank',
  status,
  title,
  detail,
  ...extra,
});

/** What a relay answers to the programs beside it: decisions from what it holds, without asking anybody. */
export function relayServer({ engine, version, simulated, carrier, sync }: RelayHttp): FastifyInstance {
  const server = Fastify({ bodyLimit: 256 * 1024, requestTimeout: 10_000, forceCloseConnections: true });
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    const detail = status < 500 ? error.message : 'The relay could not answer. Its log says why.';
    return reply
      .code(status)
      .type('application/problem+json')
      .send(problem(status, status < 500 ? 'Invalid request' : 'Internal error', detail));
  });
  server.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .type('application/problem+json')
      .send(problem(404, 'Not found', 'There is no such route.')),
  );
  const status = () => ({ ...engine.status(), carrier: carrier(), simulated, version });

  server.get('/health', async (_request, reply) => {
    const { fork, fresh, connected } = engine.status();
    const ok = fork === null;
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({
        status: ok ? (fresh ? 'ok' : 'stale') : 'forked',
        system: 'relay',
        simulated,
        version,
        connected,
      });
  });
  server.get('/status', async () => status());
  server.get('/relay/status', async () => status());
  server.post('/relay/sync', async () => {
    sync();
    return { asked: true, ...status() };
  });
  server.get<{ Params: { id: string } }>('/policy/:id', async (request, reply) => {
    const held = engine.policy(request.params.id);
    if (held) return held;
    const detail = `No policy "${request.params.id}" is active on this relay.`;
    return reply
      .code(404)
      .type('application/problem+json')
      .send(problem(404, 'Not found', detail));
  });
  server.post('/decide', async (request, reply) => {
    const asked = relayQuestion.safeParse(request.body);
    if (!asked.success) {
      const issues = asked.error.issues.map(issue => ({
        field: issue.path.join('.'),
        message: issue.message,
      }));
      return reply
        .code(400)
        .type('application/problem+json')
        .send(
          problem(400, 'Invalid request', issues[0]?.message ?? 'The question cannot be read.', { issues }),
        );
    }
    const { kind, ...question } = asked.data;
    const decision = engine.decide(kind, question);
    if (decision) return decision;
    return reply
      .code(404)
      .type('application/problem+json')
      .send(problem(404, 'No policy', `No ${kind} policy is active here for this question.`));
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(metricsText(engine.status(), carrier())),
  );
  return server;
}
