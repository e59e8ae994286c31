import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { TlogAnswer } from '#kernel/ledger/tlog-answer.ts';
import { type RelayEngine, relayQuestion } from '#server/policy/relay/service/engine.ts';
import { metricsText } from '#server/policy/relay/service/status.ts';
import type { RelayWitness } from '#server/policy/relay/service/witness.ts';

export interface RelayHttp {
  engine: RelayEngine;
  version: string;
  simulated: boolean;
  carrier: () => string;
  sync: () => void;
  witness?: RelayWitness;
}

export interface Answer {
  status: number;
  body: unknown;
  type?: string;
}

export interface Route {
  method: 'GET' | 'POST';
  path: RegExp;
  /** The body is handed on as text, not as JSON. */
  text?: true;
  answer(match: RegExpExecArray, body: unknown): Answer | Promise<Answer>;
}

const bodyLimit = 256 * 1024;

export const problem = (status: number, title: string, detail: string, extra: object = {}): Answer => ({
  status,
  type: 'application/problem+json',
  body: { type: 'about:blank', status, title, detail, ...extra },
});

export const ok = (body: unknown): Answer => ({ status: 200, body });

/** Which fields are wrong, and how. */
export function invalid(error: {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}): Answer {
  const issues = error.issues.map(i => ({ field: i.path.join('.'), message: i.message }));
  return problem(400, 'Invalid request', issues[0]?.message ?? 'The request cannot be read.', { issues });
}

/** Bare `node:http`: a relay is to be small, and has few routes. */
export function relayServer(deps: RelayHttp): Server {
  return serve([...relayRoutes(deps), ...(deps.witness ? witnessRoutes(deps.witness) : [])]);
}

export function serve(routes: readonly Route[]): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    respond(routes, request)
      .catch(() => problem(500, 'Internal error', 'The relay could not answer. Its log says why.'))
      .then(({ status, body, type }) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        response.writeHead(status, {
          'content-type':
            type ?? (typeof body === 'string' ? 'text/plain; version=0.0.4' : 'application/json'),
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        });
        response.end(request.method === 'HEAD' ? undefined : text);
      });
  });
}

async function respond(routes: readonly Route[], request: IncomingMessage): Promise<Answer> {
  const [path = '/'] = (request.url ?? '/').split('?');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const fitting = routes.filter(route => route.path.test(path));
  const route = fitting.find(r => r.method === method);
  if (!route)
    return fitting.length > 0
      ? problem(405, 'Method not allowed', `${path} does not take ${request.method}.`)
      : problem(404, 'Not found', 'There is no such route.');
  // A page that a browser has open is not a program beside this relay.
  if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] === 'cross-site')
    return problem(403, 'Denied', 'Other sites’ pages are not answered.');
  const read =
    method === 'POST' ? await bodyOf(request, route.text) : { ok: true as const, value: undefined };
  if (!read.ok) return read.answer;
  return route.answer(route.path.exec(path) as RegExpExecArray, read.value);
}

async function bodyOf(
  request: IncomingMessage,
  text = false,
): Promise<{ ok: true; value: unknown } | { ok: false; answer: Answer }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit)
      return { ok: false, answer: problem(413, 'Too large', `At most ${bodyLimit} bytes.`) };
    chunks.push(chunk);
  }
  if (text) return { ok: true, value: Buffer.concat(chunks).toString('utf8') };
  if (size === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { ok: false, answer: problem(400, 'Invalid request', 'The body is not JSON.') };
  }
}

/** What a relay answers to the programs beside it: decisions from what it holds, without asking anybody. */
function relayRoutes({ engine, version, simulated, carrier, sync, witness }: RelayHttp): Route[] {
  const status = () => ({
    ...engine.status(),
    carrier: carrier(),
    simulated,
    version,
    ...(witness ? { witness: witness.state() } : {}),
  });
  return [
    {
      method: 'GET',
      path: /^\/health$/,
      answer: () => {
        const { fork, fresh, connected } = engine.status();
        const state = fork === null ? (fresh ? 'ok' : 'stale') : 'forked';
        const body = { status: state, system: 'relays', simulated, version, connected };
        return { status: fork === null ? 200 : 503, body };
      },
    },
    { method: 'GET', path: /^\/(?:relay\/)?status$/, answer: () => ok(status()) },
    {
      method: 'POST',
      path: /^\/relay\/sync$/,
      answer: () => {
        sync();
        return ok({ asked: true, ...status() });
      },
    },
    {
      method: 'GET',
      path: /^\/policy\/([\w.-]{1,120})$/,
      answer: ([, id = '']) => {
        const held = engine.policy(id);
        return held ? ok(held) : problem(404, 'Not found', `No policy "${id}" is active on this relay.`);
      },
    },
    {
      method: 'POST',
      path: /^\/decide$/,
      answer: (_match, body) => {
        const asked = relayQuestion.safeParse(body);
        if (!asked.success) return invalid(asked.error);
        const { kind, ...question } = asked.data;
        const decision = engine.decide(kind, question);
        if (decision) return ok(decision);
        return problem(404, 'No policy', `No ${kind} policy is active here for this question.`);
      },
    },
    { method: 'GET', path: /^\/metrics$/, answer: () => ok(metricsText(engine.status(), carrier())) },
  ];
}

const plain = ({ status, body, headers }: TlogAnswer): Answer => ({
  status,
  body: String(body),
  type: headers['content-type'] ?? 'text/plain; charset=utf-8',
});

/** c2sp.org/tlog-witness, under /witness. */
function witnessRoutes(witness: RelayWitness): Route[] {
  return [
    {
      method: 'POST',
      path: /^\/witness\/add-checkpoint$/,
      text: true,
      answer: async (_match, body) => plain(await witness.add(String(body))),
    },
    {
      method: 'GET',
      path: /^\/witness\/([0-9a-f]{64})\/checkpoint$/,
      answer: ([, hash = '']) => plain(witness.checkpoint(hash)),
    },
  ];
}
