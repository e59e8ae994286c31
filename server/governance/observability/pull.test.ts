import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { rangeQuery } from '#server/world/prometheus.ts';
import { createWorld } from '#server/world/world.ts';
import { lokiGateway, prometheusGateway } from './gateway.real/prometheus.ts';
import { simulatedMetrics } from './gateway.simulated.ts';
import { type LogEntry, type LogGateway, type MetricsGateway, TooMuchAsked } from './gateway.ts';
import { usualQueries } from './schema.ts';
import { loadMetricHistory, pullWorld } from './service/pull.ts';
import { pullFiles } from './service/pull-files.ts';
import { pullLoki } from './service/pull-loki.ts';
import { pullMetrics } from './service/pull-metrics.ts';
import { readSources } from './service/sources.ts';
import { readEvents, readSeries } from './service.ts';

let bed: TestBed;
let server: Server;
let base = '';
let answer: (url: URL) => { status?: number; body: unknown } = () => ({ status: 500, body: '' });

beforeAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'true' });
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['t1', 'test'])
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment: 'simulation', homeRegion: 'eu-west' }),
    );
  server = createServer((request, response) => {
    const { status = 200, body } = answer(new URL(request.url ?? '/', 'http://x'));
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await bed.close();
});
beforeEach(() => bed.clock.advance(60_000));
const sourceOf = async (id: string) => (await readSources(bed.system)).rows.find(row => row.id === id);

/** Prometheus as the world would be scraped by it: written against its HTTP API, not against the gateway. */
const asPrometheus = (url: URL) => {
  expect(url.pathname).toBe('/api/v1/query_range');
  const number = (name: string) => Number(url.searchParams.get(name)) * 1000;
  return {
    body: rangeQuery(createWorld(), url.searchParams.get('query') ?? '', {
      start: number('start'),
      end: number('end'),
      stepMs: number('step'),
    }),
  };
};

describe.each<[string, () => MetricsGateway]>([
  ['simulated', () => simulatedMetrics(bed.system.db, bed.clock.now())],
  ['Prometheus', () => prometheusGateway([{ url: `${base}/` }])],
])('the contract of a metrics gateway: %s', (_name, gateway) => {
  it('gives each series with its labels and a value per step', async () => {
    answer = asPrometheus;
    const end = bed.clock.now().getTime();
    const series = await gateway().range(usualQueries.cpu, end - 60_000, end, 15_000);
    const one = series.find(s => s.labels.service === 'service-x');
    expect(one?.labels).toMatchObject({ tenant: 't1' });
    expect(one?.values.map(([at]) => at * 1000)).toEqual([0, 1, 2, 3, 4].map(n => end - 60_000 + n * 15_000));
    for (const [, value] of one?.values ?? []) expect(Number(value)).toBeGreaterThanOrEqual(0);
    expect(await gateway().range('atom_service_nothing', end - 60_000, end, 15_000)).toEqual([]);
  });
});

it('fills metric points every fifteen seconds, goes on where it stopped, and leaves a long absence as a gap', async () => {
  await pullMetrics(bed.system);
  bed.clock.advance(60_000);
  await pullMetrics(bed.system);
  await pullMetrics(bed.system);
  const now = bed.clock.now();
  const q = {
    tenantId: 't1',
    service: 'service-x',
    metric: 'cpu',
    from: new Date(0),
    to: new Date(now.getTime() + 1),
  };
  const points = await readSeries(bed.system, q);
  expect(points.map(p => now.getTime() - Date.parse(p.ts))).toEqual([60_000, 45_000, 30_000, 15_000, 0]);
  expect(await sourceOf('prometheus')).toMatchObject({ simulated: true, state: 'ok', errors: 0 });
  bed.clock.advance(3 * 3_600_000);
  await pullMetrics(bed.system);
  const later = new Date(bed.clock.now().getTime() + 1);
  expect(await readSeries(bed.system, { ...q, from: new Date(now.getTime() + 1), to: later })).toHaveLength(
    241,
  );
  expect(
    await bed.rows("select distinct tenant_id from metric_point where tenant_id not in ('t1', 'test')"),
  ).toEqual([]);
});

it('says what is wrong with a source, and goes on after it', async () => {
  answer = () => ({ status: 503, body: 'token=abcdefghijklmnop' });
  bed.clock.advance(60_000);
  expect(await pullMetrics(bed.system, [{ gateway: prometheusGateway([{ url: base }]) }])).toBeNull();
  expect(await sourceOf('prometheus')).toMatchObject({
    state: 'failing',
    errors: 1,
    lastError: 'Prometheus answered with status 503.',
  });
  answer = () => ({ body: { status: 'success', data: { resultType: 'vector', result: [] } } });
  expect(await pullMetrics(bed.system, [{ gateway: prometheusGateway([{ url: base }]) }])).toBeNull();
  answer = asPrometheus;
  expect(await pullMetrics(bed.system, [{ gateway: prometheusGateway([{ url: base }]) }])).not.toBeNull();
  expect(await sourceOf('prometheus')).toMatchObject({ state: 'ok', errors: 2 });
});

it('pulls from Loki, once each, also when a page ends amid an instant', async () => {
  const at = (ms: number) => `${BigInt(bed.clock.now().getTime() + ms) * 1_000_000n}`;
  const lines = [
    [at(-3000), 'level=error boom'],
    [at(-2000), 'fine'],
    [at(-2000), 'also fine'],
  ] as const;
  answer = url => {
    expect(url.pathname).toBe('/loki/api/v1/query_range');
    const start = BigInt(url.searchParams.get('start') ?? '0');
    const values = lines.filter(([nanos]) => BigInt(nanos) >= start);
    return {
      body: {
        status: 'success',
        data: { resultType: 'streams', result: [{ stream: { tenant: 't1', app: 'api' }, values }] },
      },
    };
  };
  await pullLoki(bed.system, lokiGateway(base));
  await pullLoki(bed.system, lokiGateway(base));
  const found = await readEvents(bed.system, {
    tenantId: 't1',
    service: 'api',
    from: new Date(0),
    to: bed.clock.now(),
    limit: 10,
  });
  expect(found.map(e => [e.message, e.severity, e.source]).sort()).toEqual([
    ['also fine', 'info', 'loki'],
    ['fine', 'info', 'loki'],
    ['level=error boom', 'high', 'loki'],
  ]);
});

const fakeLoki = (lines: readonly LogEntry[], most = 5000): LogGateway => ({
  simulated: false,
  entries: async (_query, from, to, limit) => {
    if (limit > most) throw new TooMuchAsked('max entries limit per query exceeded');
    return lines
      .filter(({ nanos }) => BigInt(nanos) >= BigInt(from) && BigInt(nanos) < BigInt(to))
      .slice(0, limit);
  },
});
const entry = (
  ms: number,
  line: string,
  labels: Record<string, string> = { tenant: 't1', app: 'crowd' },
) => ({
  labels,
  nanos: `${BigInt(bed.clock.now().getTime() + ms) * 1_000_000n}`,
  line,
});
const messages = async () =>
  (
    await bed.rows<{ n: number }>(
      "select count(*)::int as n from telemetry_event where service = 'crowd' and source = 'loki'",
    )
  )[0]?.n;

it('counts lines that nobody can be found for as left out, once, with the reason and one of them', async () => {
  const before = await sourceOf('loki');
  const lost = entry(-500, 'of mail bob@example.com', { app: 'crowd', tenant: 'nobody' });
  const loki = fakeLoki([entry(-1000, 'ours'), lost]);
  await pullLoki(bed.system, loki);
  await pullLoki(bed.system, loki);
  const after = await sourceOf('loki');
  expect(after).toMatchObject({
    rejected: (before?.rejected ?? 0) + 1,
    pulled: (before?.pulled ?? 0) + 1,
    lastRejection: 'tenant_id: No tenant of this name is visible to you.',
  });
  expect(after?.lastRejectedSample).toContain('of mail <email>');
  const strangers = { __name__: 'atom_service_cpu_ratio', tenant: 'nobody', service: 'x' };
  const metrics: MetricsGateway = {
    simulated: false,
    range: async (_q, start) => [{ labels: strangers, values: [[start / 1000, '1']] }],
  };
  bed.clock.advance(60_000);
  const had = (await sourceOf('prometheus'))?.rejected ?? 0;
  await pullMetrics(bed.system, [{ gateway: metrics }]);
  expect(await sourceOf('prometheus')).toMatchObject({
    rejected: had + 6,
    lastRejection: 'Labels that name no tenant that is known, or no service.',
  });
});

it('takes more lines of one instant than a page holds, and says so where Loki gives no more', async () => {
  const had = (await messages()) ?? 0;
  const many = Array.from({ length: 2500 }, (_, i) => entry(-100, `line ${i}`));
  const loki = fakeLoki([...many, entry(-50, 'the next')]);
  await pullLoki(bed.system, loki);
  await pullLoki(bed.system, loki);
  expect(await messages()).toBe(had + 2501);
  bed.clock.advance(60_000);
  const most = Array.from({ length: 1500 }, (_, i) => entry(-100, `more ${i}`));
  await pullLoki(bed.system, fakeLoki([...most, entry(-50, 'goes on')], 1000));
  expect((await sourceOf('loki'))?.lastRejection).toMatch(/More lines of the instant .* than the 1000/);
  await pullLoki(bed.system, fakeLoki([...most, entry(-50, 'goes on')], 1000));
  expect(await messages()).toBe(had + 2501 + 1001);
});

it('a region that does not answer stops only itself, by name, and a service in two regions keeps two series', async () => {
  const of = (region: string, value: number): MetricsGateway => ({
    simulated: false,
    range: async (query, _start, end) =>
      query === usualQueries.rps || query === usualQueries.cpu
        ? [{ labels: { region, tenant: 't1', service: 'spread' }, values: [[end / 1000, String(value)]] }]
        : [],
  });
  const away: MetricsGateway = {
    simulated: false,
    range: async () => {
      throw new Error('no answer');
    },
  };
  const places = [
    { region: 'eu-west', gateway: of('eu-west', 0.2) },
    { region: 'us-east', gateway: of('us-east', 0.6) },
    { region: 'ap-south', gateway: away },
  ];
  expect(await pullMetrics(bed.system, places)).toBe(4);
  expect(await sourceOf('prometheus:ap-south')).toMatchObject({
    state: 'failing',
    title: 'Prometheus of ap-south',
    lastError: 'no answer',
  });
  expect(await sourceOf('prometheus:eu-west')).toMatchObject({ state: 'ok', pulled: 2 });
  const q = {
    tenantId: 't1',
    service: 'spread',
    from: new Date(0),
    to: new Date(bed.clock.now().getTime() + 1),
  };
  const values = async (metric: string, region?: string) =>
    (await readSeries(bed.system, { ...q, metric, region })).map(point => point.value);
  expect(await values('cpu', 'eu-west')).toEqual([0.2]);
  expect(await values('cpu', 'us-east')).toEqual([0.6]);
  expect((await values('cpu'))[0]).toBeCloseTo(0.4);
  expect((await values('rps'))[0]).toBeCloseTo(0.8);
  expect(await pullMetrics(bed.system, [{ region: 'ap-south', gateway: away }])).toBeNull();
});

it('follows log files line by line, over rotation and half-written lines', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'atom-log-'));
  const path = join(dir, 'app.log');
  try {
    writeFileSync(path, 'ERROR one failed\n{"event":"structured","severity":"low","message":"two"}\nhalf');
    const given = `t1=${path}`;
    await pullFiles(bed.system, given);
    appendFileSync(path, ' done\n');
    await pullFiles(bed.system, given);
    rmSync(path);
    writeFileSync(`${path}.next`, '');
    writeFileSync(path, 'new file\n');
    await pullFiles(bed.system, given);
    await pullFiles(bed.system, given);
    const rows = await bed.rows(
      "select event, severity, message from telemetry_event where source = 'file' order by message",
    );
    expect(rows).toEqual([
      { event: 'log', severity: 4, message: 'ERROR one failed' },
      { event: 'log', severity: 1, message: 'half done' },
      { event: 'log', severity: 1, message: 'new file' },
      { event: 'structured', severity: 2, message: 'two' },
    ]);
    expect(await pullFiles(bed.system, `t1=${path}.absent`)).toBeNull();
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('loads two days of the world at a first start, then what happened since, each event once', {
  timeout: 300_000,
}, async () => {
  await pullWorld(bed.system);
  const count = async () =>
    (
      await bed.rows<{ n: number }>(
        "select count(*)::int as n from telemetry_event where source = 'simulated'",
      )
    )[0]?.n ?? 0;
  const first = await count();
  expect(first).toBeGreaterThan(1000);
  await bed.rows("update telemetry_source set cursor = (cursor::bigint - 600000)::text where id = 'world'");
  await pullWorld(bed.system);
  expect(await count()).toBe(first);
  bed.clock.advance(600_000);
  await pullWorld(bed.system);
  expect(await count()).toBeGreaterThan(first);
  expect(await sourceOf('world')).toMatchObject({ simulated: true, lagSeconds: 0 });
  await loadMetricHistory(bed.system);
  const now = bed.clock.now();
  const points = await readSeries(bed.system, {
    tenantId: 't1',
    service: 'service-x',
    metric: 'memory',
    from: new Date(now.getTime() - 86_400_000),
    to: now,
  });
  expect(points.length).toBeGreaterThan(1300);
  const before = await bed.rows('select count(*) from metric_point');
  await loadMetricHistory(bed.system);
  expect(await bed.rows('select count(*) from metric_point')).toEqual(before);
});
