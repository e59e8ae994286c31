import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { attachIntake } from './intake.ts';
import { portServer } from './ports.ts';

let bed: TestBed;
let server: FastifyInstance;
let tenantToken: string;
let readerToken: string;

const simulation = (on: boolean) =>
  loadEnvForTest({ LOG_LEVEL: 'silent', ATOM_SECRET: testSecret, SIMULATION_MODE: String(on) });

beforeAll(async () => {
  simulation(true);
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['t1', 'test'])
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment: 'simulation', homeRegion: 'eu-west' }),
    );
  const admin = createCaller(
    bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }),
  ).tokens;
  tenantToken = (await admin.tenant({ tenantId: 't1', minutes: 60 })).token;
  readerToken = (await admin.create({ name: 'reader', roles: ['operator'], permissions: ['tenant:read'] }))
    .secret;
  server = portServer(systems.find(s => s.key === 'telemetry') ?? expect.fail(), bed);
  attachIntake(server, bed);
});
beforeEach(() => {
  simulation(true);
  bed.clock.advance(1000);
});
afterAll(async () => {
  await server.close();
  await bed.close();
});

async function post(url: string, payload: string | Buffer | object, headers: Record<string, string> = {}) {
  const answer = await server.inject({
    method: 'POST',
    url,
    headers: { host: 'localhost:8801', 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
  });
  return {
    status: answer.statusCode,
    json: answer.headers['content-type']?.includes('json') ? answer.json() : null,
    headers: answer.headers,
  };
}
const stored = (where: string) =>
  bed.rows(
    `select id, tenant_id, event, severity, service, region, message, trace_id, attributes, source, ts from telemetry_event where ${where} order by ts, severity desc, message, attributes->>'ce_id'`,
  );
const nanos = (ms = 0) => `${bed.clock.now().getTime() + ms}000000`;

describe('POST /ingest/event', () => {
  it('answers the verification request with 201 and the id', async () => {
    const { status, json } = await post('/ingest/event', {
      tenant_id: 't1',
      event: 'cpu_spike',
      severity: 'high',
    });
    expect(status).toBe(201);
    expect(await stored(`id = '${json.id}'`)).toMatchObject([
      { tenant_id: 't1', event: 'cpu_spike', severity: 4 },
    ]);
  });

  it('answers an id that came before with 200, and what is wrong by its field', async () => {
    const event = { tenant_id: 't1', event: 'e', id: 'mine-1' };
    expect(await post('/ingest/event', event)).toMatchObject({
      status: 201,
      json: { id: 'mine-1', created: true },
    });
    expect(await post('/ingest/event', event)).toMatchObject({
      status: 200,
      json: { id: 'mine-1', created: false },
    });
    expect(await post('/ingest/event', { ...event, tenant_id: 'nobody' })).toMatchObject({ status: 404 });
    expect(await post('/ingest/event', { ...event, severity: 'red' })).toMatchObject({
      status: 400,
      json: { errors: [{ field: 'severity' }] },
    });
    expect(await post('/ingest/event', '{"tenant_id":')).toMatchObject({
      status: 400,
      json: { code: 'request.malformed' },
    });
    expect(await post('/ingest/event', 'x', { 'content-type': 'image/png' })).toMatchObject({ status: 415 });
  });

  it('keeps the good items of an array and names the bad ones', async () => {
    const answer = await post('/ingest/event', [
      { tenant_id: 't1', event: 'a1' },
      { tenant_id: 't1', event: '' },
      7,
      { tenant_id: 't1', event: 'a\u0000' },
      { tenant_id: 'test', event: 'a2' },
    ]);
    expect(answer).toMatchObject({ status: 207, json: { accepted: 2, rejected: 3 } });
    expect(answer.json.rejections.map((r: { line: number }) => r.line)).toEqual([2, 3, 4]);
    expect(await post('/ingest/event', [{ tenant_id: 't1', event: 'a3' }])).toMatchObject({ status: 201 });
    expect(await post('/ingest/event', [{ event: 'a4' }])).toMatchObject({ status: 422 });
  });

  it('reads a gzip stream of lines, whatever they hold, with the numbers of the bad ones', async () => {
    const lines = Array.from({ length: 2500 }, (_, n) =>
      JSON.stringify({ tenant_id: 't1', event: 'line', id: `l-${n}` }),
    );
    lines[1200] = '{broken';
    lines[1300] = '';
    lines[2000] = `{"tenant_id":"t1","event":"${'x'.repeat(300_000)}"}`;
    lines[2100] = '{"tenant_id":"t1","event":"nul\\u0000"}';
    const body = gzipSync(lines.join('\n'));
    const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
    const first = await post('/ingest/event', body, headers);
    expect(first).toMatchObject({ status: 207, json: { accepted: 2496, rejected: 3 } });
    expect(first.json.rejections.map((r: { line: number }) => r.line)).toEqual([1201, 2001, 2101]);
    const again = await post('/ingest/event', body, headers);
    expect(again.json).toMatchObject({ accepted: 0, duplicates: 2496 });
    expect(await stored("event = 'line'")).toHaveLength(2496);
    expect(await post('/ingest/event', 'no gzip', headers)).toMatchObject({ status: 400 });
  });

  it('says from which line of the sender’s to go on, blank ones counted', async () => {
    const line = (n: number) =>
      `${JSON.stringify({ tenant_id: 't1', event: 'resumed', message: randomBytes(300).toString('hex'), attributes: { n } })}\n\n`;
    const whole = gzipSync(Array.from({ length: 3000 }, (_, n) => line(n)).join(''));
    const { status, json } = await post('/ingest/event', whole.subarray(0, whole.length - 2000), {
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
    });
    expect(status).toBe(400);
    expect(json.accepted).toBeGreaterThanOrEqual(1000);
    // The n-th event stands on line 2n - 1.
    expect(json.resumeFromLine).toBe(2 * json.accepted);
  });

  it('takes CloudEvents alone, in a batch, in a stream and in binary mode', async () => {
    const ce = (id: string, extra = {}) => ({
      specversion: '1.0',
      id,
      source: '/shop',
      type: 'com.example.paid',
      time: bed.clock.now().toISOString(),
      tenantid: 't1',
      data: { severity: 'warning', service: 'shop', amount: 3 },
      ...extra,
    });
    const type = { 'content-type': 'application/cloudevents+json' };
    expect(await post('/ingest/event', ce('1'), type)).toMatchObject({ status: 201 });
    expect(await post('/ingest/event', ce('1'), type)).toMatchObject({ status: 200 });
    expect(
      await post('/ingest/event', [ce('2'), ce('3', { specversion: '0.3' })], {
        'content-type': 'application/cloudevents-batch+json',
      }),
    ).toMatchObject({ status: 207, json: { accepted: 1 } });
    expect(
      await post('/ingest/event', JSON.stringify(ce('4')), { 'content-type': 'application/x-ndjson' }),
    ).toMatchObject({ status: 201 });
    expect(
      await post(
        '/ingest/event',
        { amount: 9 },
        {
          'ce-specversion': '1.0',
          'ce-id': '5',
          'ce-source': '/shop',
          'ce-type': 'com.example.paid',
          'ce-tenantid': 't1',
        },
      ),
    ).toMatchObject({ status: 201 });
    const rows = await stored("event = 'com.example.paid'");
    expect(rows).toHaveLength(4);
    expect(rows.find(r => (r.attributes as { ce_id: string }).ce_id === '1')).toMatchObject({
      severity: 3,
      service: 'shop',
      source: 'cloudevents',
      attributes: { ce_id: '1', amount: 3 },
    });
  });
});

it('takes Alertmanager’s webhook at the common door and at its own, each alert once', async () => {
  const alert = (status: string, name = 'HighLatency') => ({
    status,
    labels: { alertname: name, tenant: 't1', service: 'shop', severity: 'critical', pod: 'p-1' },
    annotations: { summary: 'Slow' },
    startsAt: bed.clock.now().toISOString(),
    endsAt: status === 'resolved' ? bed.clock.now().toISOString() : '0001-01-01T00:00:00Z',
    fingerprint: `f-${name}`,
  });
  const body = (...alerts: object[]) => ({
    version: '4',
    groupKey: 'g',
    status: 'firing',
    receiver: 'atom',
    alerts,
  });
  const firing = alert('firing');
  expect(await post('/ingest/event', body(firing))).toMatchObject({ status: 201 });
  expect(await post('/ingest/alertmanager', body(firing, alert('resolved')))).toMatchObject({
    json: { accepted: 1, duplicates: 1 },
  });
  const old = { ...alert('firing', 'Old'), startsAt: '2020-01-01T00:00:00Z' };
  expect(await post('/ingest/alertmanager', body(old))).toMatchObject({ json: { accepted: 1 } });
  expect(await stored("source = 'alertmanager' and event = 'HighLatency'")).toMatchObject([
    { severity: 5, service: 'shop', message: 'Slow' },
    { severity: 1, message: 'Resolved: Slow' },
  ]);
  expect(await post('/ingest/alertmanager', { version: '3', alerts: [{}] })).toMatchObject({ status: 422 });
});

it('takes OTLP logs and spans as JSON and says what it rejected in OTLP’s words', async () => {
  const resource = {
    attributes: [
      { key: 'service.name', value: { stringValue: 'cart' } },
      { key: 'tenant.id', value: { stringValue: 't1' } },
    ],
  };
  const log = {
    timeUnixNano: nanos(),
    severityNumber: 17,
    body: { stringValue: 'it broke' },
    traceId: '0af7651916cd43dd8448eb211c80319c',
    attributes: [
      { key: 'n', value: { intValue: '42' } },
      { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 1.5 }] } } },
    ],
  };
  const logs = {
    resourceLogs: [{ resource, scopeLogs: [{ logRecords: [log, { body: {}, timeUnixNano: '1' }] }] }],
  };
  expect(await post('/v1/logs', logs)).toMatchObject({
    status: 200,
    json: { partialSuccess: { rejectedLogRecords: 1 } },
  });
  expect(await stored("source = 'otlp-logs'")).toMatchObject([
    {
      severity: 4,
      service: 'cart',
      message: 'it broke',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      attributes: { n: 42, list: [true, 1.5] },
    },
  ]);
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'GET /cart',
    kind: 2,
    startTimeUnixNano: nanos(),
    endTimeUnixNano: nanos(12),
    status: { code: 2, message: 'timeout' },
  };
  const spans = { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] };
  expect(await post('/v1/traces', spans)).toMatchObject({ status: 200, json: {} });
  expect(await post('/v1/traces', spans)).toMatchObject({ status: 200 });
  expect(await stored("source = 'otlp-traces'")).toMatchObject([
    {
      event: 'span',
      severity: 4,
      message: 'GET /cart: timeout',
      attributes: { duration_ms: 12, span_kind: 'server' },
    },
  ]);
  expect(
    await post('/v1/logs', Buffer.from([10, 0]), { 'content-type': 'application/x-protobuf' }),
  ).toMatchObject({ status: 415 });
});

it('takes Loki’s push with the tenant of its header', async () => {
  const streams = [
    {
      stream: { job: 'nginx', level: 'error' },
      values: [
        [nanos(), 'upstream timed out'],
        [nanos(1), 'again', { trace_id: 'x' }],
      ],
    },
    { stream: { app: 'api' }, values: [[nanos(2), 'level=warn msg="slow"']] },
  ];
  expect(await post('/loki/api/v1/push', { streams }, { 'x-scope-orgid': 't1' })).toMatchObject({
    status: 204,
  });
  expect(await post('/loki/api/v1/push', { streams }, { 'x-scope-orgid': 't1' })).toMatchObject({
    status: 204,
  });
  expect((await stored("source = 'loki-push'")).map(r => [r.service, r.severity])).toEqual([
    ['nginx', 4],
    ['nginx', 4],
    ['api', 3],
  ]);
});

describe('the gate', () => {
  it('lets a tenant’s token write for its own tenant only', async () => {
    const headers = { authorization: `Bearer ${tenantToken}` };
    expect(await post('/ingest/event', { event: 'own' }, headers)).toMatchObject({ status: 201 });
    expect(await post('/ingest/event', { tenant_id: 'test', event: 'foreign' }, headers)).toMatchObject({
      status: 404,
    });
    expect(await stored("event = 'own'")).toMatchObject([{ tenant_id: 't1' }]);
    expect(await stored("event = 'foreign'")).toEqual([]);
  });

  it('refuses without a token off simulation, without the permission, and through a proxy', async () => {
    const event = { tenant_id: 't1', event: 'refused' };
    expect(await post('/ingest/event', event, { authorization: `Bearer ${readerToken}` })).toMatchObject({
      status: 403,
    });
    expect(await post('/ingest/event', event, { 'x-forwarded-for': '10.0.0.1' })).toMatchObject({
      status: 401,
    });
    simulation(false);
    for (const path of [
      '/ingest/event',
      '/v1/logs',
      '/v1/traces',
      '/loki/api/v1/push',
      '/ingest/alertmanager',
    ])
      expect(
        (
          await post(
            path,
            path === '/ingest/event'
              ? event
              : {
                  resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }],
                  resourceSpans: [{ scopeSpans: [{ spans: [{}] }] }],
                  streams: [{ values: [[]] }],
                  version: '4',
                  alerts: [{}],
                },
          )
        ).status,
      ).toBe(401);
    expect(await stored("event = 'refused'")).toEqual([]);
  });
});
