import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { definePermissions } from '#kernel/authz/authz.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { log } from '#kernel/log/log.ts';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { closeWithin, restServer } from './carry.ts';
import { docsPage } from './docs.ts';
import { openApiDocument } from './openapi.ts';
import { limitedPrincipal } from './principal.ts';
import { routesOf, routeTable } from './routes.ts';

definePermissions({ 'thing:read': ['operator', 'simulation'], 'thing:write': ['operator'] });
const may = { permission: 'thing:read' } as const;
const writes = { permission: 'thing:write', audit: 'thing.made' } as const;
let hold: Promise<void> = Promise.resolve();
let entered = () => {};

const things = router({
  list: read(may)
    .meta({ openapi: { method: 'GET', path: '/things', summary: 'List things' } })
    .input(
      z.strictObject({
        deep: z.boolean().default(false),
        ratio: z.number().max(10).optional(),
        page: z.int().min(1).optional(),
        ids: z.array(z.int()).max(3).optional(),
      }),
    )
    .output(z.unknown())
    .query(({ input }) => input),
  get: read(may)
    .meta({ openapi: { method: 'GET', path: '/things/{id}', summary: 'Read a thing' } })
    .input(z.strictObject({ id: z.string().max(8) }))
    .output(z.object({ id: z.string() }))
    .query(({ input }) => input),
  special: read(may)
    .meta({ openapi: { method: 'GET', path: '/things/special', summary: 'Read the special one' } })
    .input(z.strictObject({}))
    .output(z.object({ id: z.literal('the special one') }))
    .query(() => ({ id: 'the special one' as const })),
  make: command(writes)
    .meta({ openapi: { method: 'POST', path: '/things', summary: 'Make <b>a</b> thing' } })
    .input(z.strictObject({ name: z.string(), nested: z.strictObject({ n: z.int() }).optional() }))
    .output(z.union([z.object({ made: z.string() }), z.object({ status: z.literal('approval_required') })]))
    .mutation(async ({ ctx, input }) => {
      await ctx.commit({ type: 'thing.made', target: { kind: 'thing', id: input.name } }, async () => {});
      return input.name === 'risky' ? { status: 'approval_required' as const } : { made: input.name };
    }),
  drop: command(writes)
    .meta({ openapi: { method: 'DELETE', path: '/things/{id}', summary: 'Drop a thing' } })
    .input(z.strictObject({ id: z.string(), hard: z.boolean().default(false) }))
    .output(z.object({ hard: z.boolean() }))
    .mutation(({ ctx, input }) => {
      ctx.unchanged();
      return { hard: input.hard };
    }),
  fail: read(may)
    .meta({ openapi: { method: 'GET', path: '/fail', summary: 'Fail' } })
    .input(z.strictObject({}))
    .output(z.unknown())
    .query(() => {
      throw new Error('password=hunter2 at select * from secret_table');
    }),
  slow: read(may)
    .meta({ openapi: { method: 'GET', path: '/slow', summary: 'Take a while' } })
    .input(z.strictObject({}))
    .output(z.unknown())
    .query(async () => {
      entered();
      await hold;
      return 'finished';
    }),
});
const appRouter = router({ things });
const routes = routesOf(appRouter);

let bed: TestBed;
let server: FastifyInstance;
const open: FastifyInstance[] = [];
let who = person('operator');

const make = (limits?: Parameters<typeof restServer>[1]) => {
  const made = restServer(
    { router: appRouter, routes: routeTable(routes), ...bed, principal: async () => who },
    limits,
  );
  open.push(made);
  return made;
};
const listening = async (made: FastifyInstance) => {
  await made.listen({ host: '127.0.0.1', port: 0 });
  return (made.server.address() as AddressInfo).port;
};

beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'true' });
  bed = await testBed();
  server = make();
});
afterEach(() => {
  who = person('operator');
  vi.restoreAllMocks();
});
afterAll(async () => {
  await Promise.all(open.map(s => closeWithin(s, 0)));
  await bed.close();
});

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS' | 'PATCH';
async function ask(method: Method, url: string, payload?: string, headers: Record<string, string> = {}) {
  const response = await server.inject({
    method,
    url,
    headers: { ...(payload === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  const type = String(response.headers['content-type']);
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    json: type.includes('json') && response.body ? response.json() : null,
  };
}
const fieldsOf = (json: { errors?: { field: string }[] }) => json.errors?.map(e => e.field);

describe('text in an address', () => {
  it('is read by what the field is', async () => {
    expect((await ask('GET', '/things?deep=true&ratio=-0.5&page=7&ids=1&ids=2')).json).toEqual({
      deep: true,
      ratio: -0.5,
      page: 7,
      ids: [1, 2],
    });
    expect((await ask('GET', '/things?deep=false')).json).toEqual({ deep: false });
    expect((await ask('GET', '/things?ids=4')).json.ids).toEqual([4]);
    expect((await ask('DELETE', '/things/a?hard=true')).json).toEqual({ hard: true });
    expect((await ask('GET', '/things/%C3%A9%20a')).json).toEqual({ id: 'é a' });
  });
  it.each([
    ['deep=1', 'deep'],
    ['deep=', 'deep'],
    ['deep=FALSE', 'deep'],
    ['page=1.0', 'page'],
    ['page=01', 'page'],
    ['page=%201', 'page'],
    ['page=9007199254740993', 'page'],
    ['page=0', 'page'],
    ['ratio=NaN', 'ratio'],
    ['ratio=Infinity', 'ratio'],
    ['ratio=0x10', 'ratio'],
    ['ratio=11', 'ratio'],
    ['ids=1&ids=x', 'ids'],
    ['ids=1,2', 'ids'],
    ['ids=1&ids=2&ids=3&ids=4', 'ids'],
    ['page=1&page=2', 'page'],
    ['unknown=1', 'unknown'],
    ['__proto__=1', '__proto__'],
    ['toString=1', 'toString'],
    ['constructor=x', 'constructor'],
  ])('?%s is refused by name', async (query, field) => {
    const { status, json } = await ask('GET', `/things?${query}`);
    expect([status, fieldsOf(json)]).toEqual([400, [field]]);
  });
  it('names a field of the path once', async () => {
    expect(fieldsOf((await ask('GET', '/things/a?id=b')).json)).toEqual(['id']);
    expect(fieldsOf((await ask('GET', '/things/123456789')).json)).toEqual(['id']);
  });
});

describe('bodies', () => {
  it.each<[string, string | undefined, number, string[] | undefined, Record<string, string>?]>([
    ['unknown fields, however deep', '{"name":"a","nested":{"n":1,"m":2}}', 400, ['nested.m']],
    ['a prototype', '{"name":"a","__proto__":{"x":1}}', 400, ['__proto__']],
    ['a number for a text', '{"name":1}', 400, ['name']],
    ['text for a number', '{"name":"a","nested":{"n":"1"}}', 400, ['nested.n']],
    ['nothing', undefined, 400, ['name']],
    ['null', 'null', 400, ['(body)']],
    ['half of it', '{"name":', 400, ['(body)']],
    ['another type', 'name=a', 415, undefined, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a type that only begins alike', '{}', 415, undefined, { 'content-type': 'application/jsonp' }],
    ['compression', '{}', 415, undefined, { 'content-encoding': 'gzip' }],
    ['a key with a line break', '{"name":"a"}', 400, ['Idempotency-Key'], { 'idempotency-key': 'a b' }],
    ['a long key', '{"name":"a"}', 400, ['Idempotency-Key'], { 'idempotency-key': 'x'.repeat(129) }],
    ['too much', `{"name":"${'x'.repeat(1024 * 1024)}"}`, 413, undefined],
  ])('%s: refused, nothing written', async (_what, payload, status, fields, headers) => {
    const before = await bed.rows('select count(*) from ledger_entry');
    const answer = await ask('POST', '/things', payload, headers);
    expect([answer.status, answer.json.status, fieldsOf(answer.json)]).toEqual([status, status, fields]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(await bed.rows('select count(*) from ledger_entry')).toEqual(before);
  });
  it('are refused where the method takes none', async () => {
    expect(fieldsOf((await ask('DELETE', '/things/a', '{"hard":true}')).json)).toEqual(['(body)']);
  });
});

describe('what is answered', () => {
  it('has the declared status, and 202 while it waits', async () => {
    expect((await ask('GET', '/things')).status).toBe(200);
    expect((await ask('POST', '/things', '{"name":"a"}')).status).toBe(201);
    const waiting = await ask('POST', '/things', '{"name":"risky"}');
    expect([waiting.status, waiting.json]).toEqual([202, { status: 'approval_required' }]);
  });
  it('prefers a literal path to a parameter', async () => {
    expect((await ask('GET', '/things/special')).json).toEqual({ id: 'the special one' });
    expect((await ask('DELETE', '/things/special')).status).toBe(200);
  });
  it('to HEAD is the GET without its body; other methods are told what is allowed', async () => {
    const head = await ask('HEAD', '/things');
    expect([head.status, head.text]).toEqual([200, '']);
    for (const method of ['PUT', 'OPTIONS', 'PATCH'] as const) {
      const wrong = await ask(method, '/things');
      expect([wrong.status, wrong.headers.allow, wrong.json.code]).toEqual([
        405,
        'GET, HEAD, POST',
        'request.method',
      ]);
    }
  });
  it.each(['/', '/things/', '/things/a/b', '//things', '/Things', '/..%2fthings'])(
    '%s is nothing',
    async path => {
      const answer = await ask('GET', path);
      expect([answer.status, answer.json.code]).toEqual([404, 'request.no_such_path']);
    },
  );
  it('to a permission that is lacking is 403, and a defect is 500 without its reason', async () => {
    who = simulationPrincipal;
    expect((await ask('POST', '/things', '{"name":"a"}')).status).toBe(403);
    const failed = await ask('GET', '/fail');
    expect([failed.status, failed.json.code]).toEqual([500, 'internal']);
    expect(failed.text).not.toMatch(/hunter2|secret_table|\.ts|Error/);
  });
  it('carries the trace and the request’s name', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${trace}-00f067aa0ba902b7-01`;
    for (const path of ['/things', '/nothing']) {
      const { headers } = await ask('GET', path, undefined, { traceparent, 'x-request-id': 'mine-1' });
      expect(headers['x-request-id']).toBe('mine-1');
      expect(headers.traceresponse).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    }
    const own = await ask('GET', '/nothing', undefined, { 'x-request-id': 'a b\u00ff' });
    expect(own.headers['x-request-id']).toBe(own.json.traceId);
    expect(String(own.headers.traceresponse).split('-')[1]).toBe(own.json.traceId);
  });
});

describe('the log', () => {
  const lines = () => {
    const seen: Record<string, unknown>[] = [];
    for (const level of ['info', 'warn', 'error'] as const)
      vi.spyOn(log(), level).mockImplementation((line: unknown) => {
        seen.push(line as Record<string, unknown>);
      });
    return seen;
  };
  it.each<[string, Method, string, string | undefined, string, string]>([
    ['an unknown path', 'GET', '/nothing', undefined, 'rest', 'request.no_such_path'],
    ['malformed JSON', 'POST', '/things', '{"password":"hunter2"', 'rest', 'request.malformed'],
    ['a wrong field', 'POST', '/things', '{"name":5}', 'call', 'request.invalid'],
  ])('has one event for %s, without what was sent', async (_what, method, path, payload, event, code) => {
    const seen = lines();
    await ask(method, path, payload);
    expect(seen).toMatchObject([{ event, outcome: 'refused', code }]);
    expect(JSON.stringify(seen)).not.toContain('hunter2');
  });
  it('has one event for too large a body and for a gate that fails', async () => {
    const seen = lines();
    await ask('POST', '/things', 'x'.repeat(2 * 1024 * 1024));
    expect(seen).toMatchObject([{ event: 'rest', outcome: 'refused', status: 413 }]);
    const broken = restServer({
      router: appRouter,
      routes: routeTable(routes),
      ...bed,
      principal: () => Promise.reject(new Error('connection lost')),
    });
    open.push(broken);
    expect((await broken.inject({ method: 'GET', url: '/things' })).statusCode).toBe(500);
    expect(seen[1]).toMatchObject({ event: 'rest', outcome: 'error' });
    expect(seen).toHaveLength(2);
  });
});

/** What comes back on a bare connection until it is closed. */
const raw = (port: number, text: string) =>
  new Promise<string>((resolve, reject) => {
    let seen = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', data => {
      seen += data;
    });
    socket.on('close', () => resolve(seen)).on('error', reject);
  });

describe('limits of a connection', () => {
  it('end slow headers, slow bodies, large headers and what is no HTTP with a problem document', async () => {
    const port = await listening(make({ headersMs: 80, requestMs: 160, headerBytes: 4096 }));
    const start = 'POST /things HTTP/1.1\r\nhost: localhost\r\n';
    for (const [text, status] of [
      [start, 408],
      [`${start}content-type: application/json\r\ncontent-length: 50\r\n\r\n{`, 408],
      [`${start}x: ${'y'.repeat(5000)}\r\n\r\n`, 431],
      ['nonsense\r\n\r\n', 400],
      ['GET /things%E0%A4%A HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n', 400],
    ] as const) {
      const [head = '', body = ''] = (await raw(port, text)).split('\r\n\r\n');
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(head.toLowerCase()).toContain('application/problem+json');
      expect(JSON.parse(body)).toMatchObject({ status, type: 'about:blank' });
    }
  });

  const slowly = (made: FastifyInstance, port: number) => {
    const inside = new Promise<void>(resolve => {
      entered = resolve;
    });
    const answered = new Promise<string>(resolve => {
      const outgoing = httpRequest({ host: '127.0.0.1', port, path: '/slow' }, response => {
        response.setEncoding('utf8').on('data', resolve);
      });
      outgoing.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? 'error')).end();
    });
    return { inside, answered, made };
  };
  it('let a request under way finish when the server closes', async () => {
    const gate = Promise.withResolvers<void>();
    hold = gate.promise;
    const made = make();
    const { inside, answered } = slowly(made, await listening(made));
    await inside;
    const closed = closeWithin(made, 20_000);
    gate.resolve();
    expect(await answered).toBe('"finished"');
    await closed;
  });
  it('cut it when it does not', async () => {
    const gate = Promise.withResolvers<void>();
    hold = gate.promise;
    const made = make();
    const { inside, answered } = slowly(made, await listening(made));
    await inside;
    await closeWithin(made, 10);
    expect(await answered).toBe('ECONNRESET');
    gate.resolve();
  });
});

describe('too many calls', () => {
  const limited = () => {
    const made = restServer({
      router: appRouter,
      routes: routeTable(routes),
      ...bed,
      principal: limitedPrincipal(bed, () => true),
    });
    open.push(made);
    return (remoteAddress: string, headers: Record<string, string> = {}) =>
      made.inject({ method: 'GET', url: '/things', remoteAddress, headers });
  };
  it('are refused per address, and said when to come again', async () => {
    const call = limited();
    const answers = [];
    for (let i = 0; i < 601; i++) answers.push(await call('10.1.1.1'));
    expect(answers.slice(0, 600).every(a => a.statusCode === 200)).toBe(true);
    const last = answers[600];
    expect([last?.statusCode, last?.headers['retry-after'], last?.json().code]).toEqual([
      429,
      '1',
      'request.rate_limited',
    ]);
    expect((await call('10.1.1.2')).statusCode).toBe(200);
    bed.clock.advance(1_000);
    expect((await call('10.1.1.1')).statusCode).toBe(200);
  });
  it('with wrong tokens are refused sooner, and do not hinder another address', async () => {
    const call = limited();
    const wrong = { authorization: 'Bearer atom_pat_wrongwrongwrongwrong' };
    const statuses = [];
    for (let i = 0; i < 21; i++) statuses.push((await call('10.2.2.2', wrong)).statusCode);
    expect(statuses).toEqual([...Array(20).fill(401), 429]);
    expect((await call('10.2.2.3', wrong)).statusCode).toBe(401);
    expect((await call('10.2.2.2')).statusCode).toBe(200);
  });
});

describe('what is written of it', () => {
  const document = openApiDocument(routes, {
    title: 'Things',
    version: '1.0.0',
    server: 'http://localhost:1',
  });
  it('is valid OpenAPI 3.1 and names headers, schemes and refusals', async () => {
    expect((await new Validator().validate(JSON.parse(JSON.stringify(document)))).errors ?? []).toEqual([]);
    const post = document.paths['/things']?.post;
    expect(Object.keys(post?.responses ?? {})).toEqual(
      ['201', '202', '400', '401', '403', '409', '413', '415', '422', '429', 'default'].sort(),
    );
    expect(post?.parameters.map(p => p.name)).toEqual(['Idempotency-Key']);
    expect(Object.keys(document.paths['/things']?.get?.responses ?? {})).not.toContain('202');
    expect(document.components.securitySchemes).toMatchObject({
      apiToken: { scheme: 'bearer' },
      tenantToken: { bearerFormat: 'JWT' },
    });
  });
  it('is a page without script, escaped', () => {
    const page = docsPage(document, { things: 'All <things>' });
    expect(page).toContain('Make &lt;b&gt;a&lt;/b&gt; thing');
    expect(page).toContain('All &lt;things&gt;');
    expect(page).not.toMatch(/<script|<b>a|https?:\/\/(?!localhost)/);
    for (const { procedure } of routes) expect(page).toContain(`id="${procedure.replace('.', '_')}"`);
  });
  it('cannot be declared in a way that text does not carry', () => {
    const odd = router({
      odd: router({
        get: read(may)
          .meta({ openapi: { method: 'GET', path: '/odd', summary: 'Odd' } })
          .input(z.strictObject({ filter: z.strictObject({ a: z.string() }) }))
          .output(z.unknown())
          .query(() => null),
      }),
    });
    expect(() => routesOf(odd)).toThrow('odd.get: "filter" cannot be read from an address');
  });
});
