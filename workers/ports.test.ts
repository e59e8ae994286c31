import { once } from 'node:events';
import { createServer } from 'node:net';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { freeOffset } from '#scripts/testing/free-offset.ts';
import {
  regionKeyPair,
  registerTestRegion,
  registrationContent,
  registrationEnvelope,
} from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer, startPorts } from './ports.ts';

let bed: TestBed;
let regions: FastifyInstance;
let tenants: FastifyInstance;
let operatorToken: string;
let narrowToken: string;

const base = { LOG_LEVEL: 'silent', ATOM_SECRET: testSecret };
const simulation = (on: boolean) => loadEnvForTest({ ...base, SIMULATION_MODE: String(on) });
const systemOf = (key: string) => systems.find(s => s.key === key) ?? expect.fail(key);

beforeAll(async () => {
  simulation(true);
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const [id, environment] of [
    ['sim-a', 'simulation'],
    ['real-a', 'staging'],
    ['prod-a', 'production'],
  ] as const)
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment, homeRegion: 'eu-west' }),
    );
  const admin = createCaller(bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }));
  operatorToken = (await admin.tokens.create({ name: 'test', roles: ['operator'] })).secret;
  narrowToken = (
    await admin.tokens.create({ name: 'narrow', roles: ['operator'], permissions: ['tenant:read'] })
  ).secret;
  regions = portServer(systemOf('regions'), bed);
  tenants = portServer(systemOf('tenants'), bed);
});
beforeEach(() => {
  simulation(true);
});
afterAll(async () => {
  await regions.close();
  await tenants.close();
  await bed.close();
});

interface Ask {
  from?: string;
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT';
  headers?: Record<string, string>;
  body?: unknown;
  raw?: string;
}

async function ask(
  server: FastifyInstance,
  url: string,
  { method = 'GET', headers = {}, body, raw, from }: Ask = {},
) {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await server.inject({
    method,
    url,
    headers: {
      host: 'localhost:8404',
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
    ...(from ? { remoteAddress: from } : {}),
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    json: response.headers['content-type']?.includes('json') ? response.json() : null,
    text: response.body,
  };
}

const bearer = () => ({ authorization: `Bearer ${operatorToken}` });
const create = { id: 'made', name: 'Made', environment: 'simulation', homeRegion: 'eu-west' };

/** Health looks at the ledger's lag by the real clock; the test's clock stands in the past. */
async function settle() {
  const sequencer = createSequencer(
    bed.database.pool('atom_owner'),
    () => bed.clock.now(),
    () => {},
  );
  while (((await sequencer.step()) ?? 0) > 0);
  await bed.rows('delete from outbox');
}

describe('who may call a port', () => {
  it('lets a direct loopback call act as the simulation principal, on simulated things only', async () => {
    const { status, json } = await ask(tenants, '/tenants');
    expect(status).toBe(200);
    expect(json.rows.map((r: { id: string }) => r.id)).toEqual(['sim-a']);
    expect((await ask(tenants, '/tenants/real-a')).status).toBe(404);
    expect(
      (
        await ask(tenants, '/tenants', {
          method: 'POST',
          body: { ...create, id: 'p', environment: 'production' },
        })
      ).status,
    ).toBe(403);
  });

  it('answers 401 to the same call when simulation is off', async () => {
    simulation(false);
    const { status, headers, json } = await ask(tenants, '/tenants');
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Bearer');
    expect(json).toMatchObject({ code: 'auth.required', kind: 'unauthenticated', status: 401 });
    await settle();
    expect((await ask(tenants, '/health')).status).toBe(200);
    expect((await ask(tenants, '/tenants', { headers: bearer() })).status).toBe(200);
    simulation(true);
  });

  it.each<[string, Ask]>([
    ['through a proxy', { headers: { 'x-forwarded-for': '203.0.113.9' } }],
    ['through a proxy that says localhost', { headers: { 'x-forwarded-for': '127.0.0.1' } }],
    ['through a proxy of another dialect', { headers: { forwarded: 'for=203.0.113.9' } }],
    ['through one that only names itself', { headers: { via: '1.1 cache' } }],
    ['under a rebound name', { headers: { host: 'evil.example:8404' } }],
    ['under a name that begins alike', { headers: { host: 'localhost.evil.example:8404' } }],
    ['from another site’s page', { headers: { 'sec-fetch-site': 'cross-site' } }],
    ['from another port’s page', { headers: { 'sec-fetch-site': 'same-site' } }],
    ['with another page’s origin', { headers: { origin: 'https://evil.example' } }],
    ['of a sandboxed page', { headers: { origin: 'null' } }],
    ['from another machine', { from: '192.168.1.20' }],
  ])('does not take a call %s for one from this machine', async (_how, options) => {
    for (const url of ['/tenants', '/metrics']) expect((await ask(tenants, url, options)).status).toBe(401);
    expect(
      (await ask(tenants, '/tenants', { ...options, headers: { ...options.headers, ...bearer() } })).status,
    ).toBe(200);
  });

  it.each<[string, Ask]>([
    ['over IPv6', { from: '::1', headers: { host: '[::1]:8404' } }],
    ['over mapped IPv4', { from: '::ffff:127.0.0.1', headers: { host: '127.0.0.1:8404' } }],
    ['typed into a browser', { headers: { 'sec-fetch-site': 'none' } }],
    [
      'by the port’s own page',
      { headers: { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8404' } },
    ],
  ])('does take one %s', async (_how, options) => {
    expect((await ask(tenants, '/tenants', options)).status).toBe(200);
  });

  it('has no simulation principal in production, whatever SIMULATION_MODE says', async () => {
    loadEnvForTest({ ...base, SIMULATION_MODE: 'true', ENV: 'production' });
    expect((await ask(tenants, '/tenants')).status).toBe(401);
  });

  it('tells the console’s policy alerts on each port, to whoever may read them', async () => {
    for (const port of [regions, tenants])
      expect(await ask(port, '/alerts/policy')).toMatchObject({ status: 200, json: { rows: [] } });
    simulation(false);
    expect((await ask(tenants, '/alerts/policy')).status).toBe(401);
  });
  it('shows metrics to whoever may read them, and to simulation', async () => {
    expect((await ask(tenants, '/metrics')).status).toBe(200);
    simulation(false);
    const refused = await ask(tenants, '/metrics');
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect((await ask(tenants, '/metrics', { headers: bearer() })).text).toContain('# TYPE ');
    const narrow = await ask(tenants, '/metrics', { headers: { authorization: `Bearer ${narrowToken}` } });
    expect([narrow.status, narrow.json.permission]).toEqual([403, 'metrics:read']);
  });

  it('refuses a bad token instead of falling back to anonymous', async () => {
    expect(
      (await ask(tenants, '/tenants', { headers: { authorization: 'Bearer atom_pat_wrongwrongwrongwrong' } }))
        .json,
    ).toMatchObject({ code: 'auth.token', status: 401 });
  });
});

describe('bad input', () => {
  const post = (options: Ask) => ask(tenants, '/tenants', { method: 'POST', ...options });
  it.each([
    ['malformed JSON', { raw: '{"id": ' }, 400, '(body)'],
    ['invalid UTF-8 and control bytes', { raw: '\u0000' }, 400, '(body)'],
    ['an array', { body: [create] }, 400, '(body)'],
    ['an unknown field', { body: { ...create, admin: true } }, 400, 'admin'],
    ['a wrong type', { body: { ...create, name: 5 } }, 400, 'name'],
    ['a missing field', { body: { id: 'x1', name: 'X' } }, 400, 'environment'],
    ['look-alike letters', { body: { ...create, id: 'mаde' } }, 400, 'id'],
  ])('%s', async (_what, options, status, field) => {
    const answer = await post(options);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json.errors.map((e: { field: string }) => e.field)).toContain(field);
    expect(answer.text).not.toMatch(/stack|at \/|node_modules|select |insert /i);
  });

  it('refuses ten megabytes, other content types, other methods and unknown paths in words', async () => {
    expect(
      (await post({ raw: JSON.stringify({ ...create, name: 'x'.repeat(10_000_000) }) })).json,
    ).toMatchObject({ status: 413, code: 'request.too_large' });
    expect((await post({ raw: 'id=1', headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    const wrong = await ask(tenants, '/tenants', { method: 'PUT', body: {} });
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
    expect((await ask(tenants, '/nothing')).json).toMatchObject({
      status: 404,
      code: 'request.no_such_path',
    });
    expect((await ask(tenants, '/tenants/%E0%A4%A')).status).toBe(400);
  });

  it('reads the query strictly', async () => {
    expect((await ask(tenants, '/tenants?limit=2&total=true')).json.total).toBe(1);
    for (const [query, field] of [
      ['limit=2x', 'limit'],
      ['limit=1e1', 'limit'],
      ['total=1', 'total'],
      ['total=False', 'total'],
      ['limit=1&limit=2', 'limit'],
      ['colour=red', 'colour'],
      ['sort=password', 'sort'],
      ['state=gone', 'state.0'],
      ['limit=100000', 'limit'],
    ] as const) {
      const answer = await ask(tenants, `/tenants?${query}`);
      expect([query, answer.status, answer.json.errors[0].field]).toEqual([query, 400, field]);
    }
    expect((await ask(tenants, '/tenants?total=false')).json.total).toBeUndefined();
    expect((await ask(tenants, '/tenants?state=active&state=suspended')).status).toBe(200);
  });

  it('gives one effect to one idempotency key, and refuses the key for another body', async () => {
    const headers = { 'idempotency-key': 'abc-1' };
    const both = await Promise.all([1, 2].map(() => post({ body: create, headers })));
    expect(both.map(r => r.status).filter(s => s === 201).length).toBeGreaterThanOrEqual(1);
    for (const r of both) expect([201, 409]).toContain(r.status);
    expect((await post({ body: create, headers })).status).toBe(201);
    expect((await post({ body: { ...create, id: 'made2' }, headers })).json.code).toBe(
      'idempotency.key_reused',
    );
    expect((await post({ body: create, headers: { 'idempotency-key': 'ü' } })).status).toBe(400);
    expect((await post({ body: create })).json).toMatchObject({ status: 409, code: 'tenant.slug_taken' });
  });
});

describe('registering over REST', () => {
  const key = regionKeyPair();
  const content = registrationContent('rest-1', key);
  const post = (body: unknown, headers = {}) =>
    ask(regions, '/region/register', { method: 'POST', body, headers });
  it('answers 201, 202, 401 and 422 with the reason', async () => {
    expect((await post(registrationEnvelope(content, key))).status).toBe(201);
    const prod = regionKeyPair();
    expect(
      (
        await post(
          registrationEnvelope(registrationContent('rest-2', prod, { environment: 'production' }), prod),
          { authorization: `Bearer ${operatorToken}` },
        )
      ).status,
    ).toBe(202);
    expect((await post(content)).json).toMatchObject({ status: 401, code: 'region.unsigned' });
    const good = registrationEnvelope(content, key);
    const tampered = {
      ...good,
      payload: Buffer.from(JSON.stringify({ ...content, url: 'https://x.example' })).toString('base64'),
    };
    expect((await post(tampered)).json).toMatchObject({
      status: 422,
      code: 'region.tampered',
      reason: 'tampered',
    });
  });
  it('reports every region’s state', async () => {
    expect((await ask(regions, '/global-status')).json.byState.active).toBeGreaterThanOrEqual(1);
  });
});

describe('the ports together', () => {
  it('open for systems that have routes, and name what is in the way', async () => {
    const offset = await freeOffset(16_000, 23_000);
    loadEnvForTest({ ...base, SIMULATION_MODE: 'true', ATOM_SERVICE_PORT_OFFSET: String(offset) });
    const ports = await startPorts(bed);
    const regionsPort = ports.addresses.find(a => a.system.key === 'regions')?.port;
    expect(regionsPort).toBe(8401 + offset);
    expect(ports.addresses.map(a => a.system.key)).toContain('tenants');
    expect(ports.addresses.every(a => a.system.port !== undefined && a.system.area !== 'platform')).toBe(
      true,
    );
    const alive = () =>
      fetch(`http://127.0.0.1:${regionsPort}/region/list`).then(
        r => r.status,
        () => 'closed',
      );
    expect(await alive()).toBe(200);
    await expect(startPorts(bed)).rejects.toThrow(
      `Port ${regionsPort} for Region registry is in use. Stop what holds it, or set ATOM_SERVICE_PORT_OFFSET.`,
    );
    expect(await alive()).toBe(200);
    await ports.close();
    expect(await alive()).toBe('closed');
    const blocked = createServer().listen(8404 + offset, '127.0.0.1');
    await once(blocked, 'listening');
    await expect(startPorts(bed)).rejects.toThrow(`Port ${8404 + offset} for Tenant replicator`);
    expect(await alive()).toBe('closed');
    blocked.close();
  });
});

describe('what each port says of itself', () => {
  it('is unavailable while the ledger does not move, and says why', async () => {
    await bed.rows(
      "insert into outbox (kind, body, at) values ('notice', '{}', now() - interval '1 minute')",
    );
    const { status, json } = await ask(tenants, '/health');
    expect([status, json.status]).toEqual([503, 'unavailable']);
    expect(json.checks.jobs).toMatch(/behind/);
    await settle();
  });

  it('serves health, metrics, a valid OpenAPI 3.1 document and a page for people', async () => {
    await settle();
    expect((await ask(tenants, '/health')).json).toMatchObject({
      status: 'ok',
      system: 'tenants',
      simulated: true,
    });
    expect((await ask(tenants, '/metrics')).text).toContain('atom_procedure_duration_seconds_bucket');
    const { json } = await ask(tenants, '/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    const result = await new Validator().validate(json);
    expect(result.errors ?? []).toEqual([]);
    const docs = await ask(tenants, '/docs');
    expect(docs.text).toContain('Create a tenant');
    expect(docs.text).not.toContain('<script');
  });

  it('keeps the caller’s trace', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    await ask(tenants, '/tenants', {
      method: 'POST',
      body: { ...create, id: 'traced' },
      headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
    });
    const [row] = await bed.rows<{ body: Buffer }>(
      "select body from ledger_entry where target = 'tenant:traced'",
    );
    expect(JSON.parse(String(row?.body)).trace).toBe(trace);
  });
});
