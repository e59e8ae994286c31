import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { regionsObserved } from '#server/federation/metrics/controls.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { appendWorldCommand } from '#server/world/state.ts';
import { portServer } from './ports.ts';
import { attachPrometheus } from './prometheus.ts';

let bed: TestBed;
let server: FastifyInstance;
const base = {
  ATOM_SECRET: testSecret,
  LOG_LEVEL: 'silent',
  SIMULATION_MODE: 'true',
};

beforeAll(async () => {
  loadEnvForTest(base);
  bed = await testBed();
  bed.clock.set(new Date('2026-11-21T10:00:00.000Z'));
  server = portServer(systems.find(s => s.key === 'metrics') ?? expect.fail(), bed);
  attachPrometheus(server, bed);
});
afterAll(async () => {
  await server.close();
  await bed.close();
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test' });
});

const get = async (url: string) => {
  const answer = await server.inject({ url, headers: { host: 'localhost' } });
  return { status: answer.statusCode, body: answer.json() };
};
const post = (url: string, payload: string) =>
  server.inject({
    method: 'POST',
    url,
    payload,
    headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded' },
  });
const now = Date.parse('2026-11-21T10:00:00.000Z') / 1000;
const change = (command: Parameters<typeof appendWorldCommand>[1]) =>
  bed.database.write(bed.system.scope, tx => appendWorldCommand(tx, command, bed.clock.now()));

describe('the Prometheus API over simulated regions', () => {
  it('answers an instant query in its documented shape, each series with its region', async () => {
    const { status, body } = await get('/api/v1/query?query=atom_region_up');
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['data', 'status']);
    expect(body).toMatchObject({ status: 'success', data: { resultType: 'vector' } });
    expect(body.data.result).toHaveLength(5);
    expect(body.data.result[0]).toEqual({
      metric: expect.objectContaining({ simulated: 'true' }),
      value: [now, '1'],
    });
    const regions = body.data.result.map((r: { metric: { region: string } }) => r.metric.region);
    expect(new Set(regions).size).toBe(5);
  });

  it('answers a range, also posted as a form, and with RFC 3339 and durations', async () => {
    const range = `query=${encodeURIComponent('atom_service_cpu_ratio{service="service-x"}')}&start=2026-11-21T09:50:00Z&end=${now}&step=1m`;
    const answer = await post('/api/v1/query_range', range);
    expect(answer.statusCode).toBe(200);
    const { data } = answer.json();
    expect(data.resultType).toBe('matrix');
    expect(data.result).toHaveLength(1);
    expect(data.result[0].values).toHaveLength(11);
    expect(data.result[0].values[0]).toEqual([now - 600, expect.stringMatching(/^\d/)]);
    expect((await get(`/api/v1/query_range?${range}`)).body.data).toEqual(data);
  });

  it('asks only the regions that are meant, and sums nothing up silently', async () => {
    const one = await get(`/api/v1/query?query=${encodeURIComponent('atom_region_up{region="eu-west"}')}`);
    expect(one.body.data.result.map((r: { metric: { region: string } }) => r.metric.region)).toEqual([
      'eu-west',
    ]);
    const sum = await get(`/api/v1/query?query=${encodeURIComponent('sum(atom_service_replicas)')}`);
    expect(sum.body.data.result).toHaveLength(5);
    expect(sum.body.infos[0]).toContain('by itself');
  });

  it('lists series, labels and values', async () => {
    const series = await get(
      `/api/v1/series?match[]=${encodeURIComponent('atom_service_replicas{tenant="t1"}')}`,
    );
    expect(series.body.data.length).toBeGreaterThan(0);
    for (const labels of series.body.data)
      expect(labels).toMatchObject({ __name__: 'atom_service_replicas', tenant: 't1' });
    expect((await get('/api/v1/labels')).body.data).toEqual(
      expect.arrayContaining(['__name__', 'region', 'service']),
    );
    expect((await get('/api/v1/label/region/values')).body.data).toHaveLength(5);
    expect((await get('/api/v1/label/__name__/values')).body.data).toContain('atom_service_cpu_ratio');
    expect((await get('/api/v1/status/buildinfo')).body).toMatchObject({ status: 'success' });
  });

  it('federates', async () => {
    const answer = await server.inject({
      url: '/federate?match[]=atom_region_up',
      headers: { host: 'localhost' },
    });
    expect(answer.headers['content-type']).toContain('version=0.0.4');
    expect(answer.body.match(/^atom_region_up\{.*region="[a-z-]+".*\} 1$/gm)).toHaveLength(5);
    expect(answer.body.match(/# TYPE atom_region_up gauge/g)).toHaveLength(1);
  });

  it.each([
    ['/api/v1/query', 'query'],
    ['/api/v1/query?query=up&time=soon', 'time'],
    ['/api/v1/query_range?query=up&start=1&end=0&step=1', 'end'],
    ['/api/v1/query_range?query=up&start=0&end=99999&step=1', 'step'],
    ['/api/v1/query_range?query=up&start=0&end=9', 'step'],
    ['/api/v1/series', 'match'],
    [`/api/v1/query?query=${encodeURIComponent('up{')}`, 'brace'],
    [`/api/v1/query?query=${encodeURIComponent('rate(up[5m])[')}`, 'simulated'],
  ])('refuses %s as bad_data', async (url, word) => {
    const { status, body } = await get(url);
    expect(status).toBe(400);
    expect(body).toMatchObject({ status: 'error', errorType: 'bad_data' });
    expect(body.error).toContain(word);
  });

  it('refuses too many samples as Prometheus does, and ends what takes longer than its deadline', async () => {
    const range = (points: number) => `start=${now - points * 60}&end=${now}&step=60`;
    const much = await get(
      `/api/v1/query_range?query=${encodeURIComponent('{__name__!=""}')}&${range(10_000)}`,
    );
    expect(much).toMatchObject({
      status: 422,
      body: { status: 'error', errorType: 'execution', error: expect.stringContaining('too many samples') },
    });
    const long = await get(`/api/v1/query_range?query=atom_service_replicas&${range(5_000)}&timeout=1ms`);
    expect(long).toMatchObject({
      status: 503,
      body: { errorType: 'unavailable', error: expect.stringContaining('did not answer within 1 ms') },
    });
  });

  it('stops a pattern that nobody can wait for, in the label region and in any other', async () => {
    const endless = `(${Array(40).fill('.').join('|')})+!`;
    for (const label of ['region', '__name__'])
      expect(
        await get(`/api/v1/query?query=${encodeURIComponent(`{${label}=~"${endless}"}`)}`),
      ).toMatchObject({
        status: 400,
        body: { errorType: 'bad_data', error: expect.stringContaining('takes too long') },
      });
    const some = await get(`/api/v1/query?query=${encodeURIComponent('up{region=~"(eu|us)-.+"}')}`);
    expect(some).toMatchObject({ status: 200, body: { status: 'success' } });
  });

  it('names a region that was asked for and has no source as a gap', async () => {
    const { metrics } = createCaller(bed.as(person('operator')));
    const gap = 'gap: region nowhere has no Prometheus connected here';
    expect((await metrics.query({ query: 'up', regions: ['eu-west', 'nowhere'] })).warnings).toContain(gap);
    const labels = await metrics.labels({ match: [], regions: ['eu-west', 'nowhere'] });
    expect(labels.warnings).toContain(gap);
    await expect(metrics.query({ query: 'up', regions: ['nowhere'] })).rejects.toMatchObject({
      cause: { code: 'metrics.no_region' },
    });
  });

  it('names a lost region as a gap, and late samples as stale, with the rest of the answer', async () => {
    expect((await regionsObserved.run(bed.system)).result).toBe('PASS');
    await change({ kind: 'region.fail', region: 'us-east' });
    await change({
      kind: 'fault.inject',
      id: 'slow',
      fault: 'slow-metrics',
      target: { kind: 'region', id: 'eu-west' },
      intensity: 1,
    });
    const { status, body } = await get('/api/v1/query?query=atom_region_up');
    expect(status).toBe(200);
    expect(body.data.result).toHaveLength(4);
    expect(body.warnings).toEqual([
      expect.stringMatching(/^stale: the newest sample of region eu-west is 300 s old$/),
      expect.stringMatching(/^gap: region us-east cannot be reached/),
    ]);
    const federated = await server.inject({
      url: '/federate?match[]=atom_region_up',
      headers: { host: 'localhost' },
    });
    expect(federated.body).toContain('# gap: region us-east');
    const both = ['atom_region_up{region="us-east"}', 'atom_region_up']
      .map(selector => `match[]=${encodeURIComponent(selector)}`)
      .join('&');
    for (const path of ['series', 'labels', 'label/region/values']) {
      const some = await get(`/api/v1/${path}?${both}`);
      expect(some.status).toBe(200);
      expect(some.body.data.length).toBeGreaterThanOrEqual(3);
      expect(some.body.warnings).toContainEqual(expect.stringMatching(/^gap: region us-east/));
    }
    const parted = await server.inject({ url: `/federate?${both}`, headers: { host: 'localhost' } });
    expect(parted.body.match(/^atom_region_up\{/gm)).toHaveLength(4);
    const lost = await get(`/api/v1/series?match[]=${encodeURIComponent('x{region="us-east"}')}`);
    expect(lost.status).toBe(503);
    expect((await regionsObserved.run(bed.system)).reason).toContain('us-east');
    const rows = (await get('/prometheus/sources')).body.rows as { region: string; state: string }[];
    expect(rows.find(row => row.region === 'us-east')?.state).toBe('unreachable');
    const only = await get(`/api/v1/query?query=${encodeURIComponent('atom_region_up{region="us-east"}')}`);
    expect(only.status).toBe(503);
    expect(only.body).toMatchObject({ status: 'error', errorType: 'unavailable' });
  });

  it('is not for strangers', async () => {
    const answer = await server.inject({ url: '/api/v1/query?query=up', headers: { host: 'evil.example' } });
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ status: 'error', errorType: 'unauthorized' });
  });
});

describe('servers of one’s own', () => {
  const open: Server[] = [];
  const serve = async (answer: Parameters<typeof createServer>[1]) => {
    const made = createServer(answer as never).listen(0, '127.0.0.1');
    open.push(made);
    await new Promise(resolve => made.once('listening', resolve));
    return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
  };
  afterAll(() => {
    for (const one of open) one.closeAllConnections();
    for (const one of open) one.close();
    loadEnvForTest(base);
  });

  it('pass their warnings on, and break nothing with what is no answer', async () => {
    const vector = (warnings: string[]) =>
      JSON.stringify({
        status: 'success',
        data: { resultType: 'vector', result: [{ metric: { a: 'b' }, value: [1, 'NaN'] }] },
        warnings,
      });
    const huge = await serve((_req, res) => void res.end('x'.repeat(9 * 1024 * 1024)));
    const good = await serve((_req, res) => void res.end(vector(['a rule failed'])));
    const silent = await serve(() => {});
    const broken = await serve((_req, res) => void res.end('<html>'));
    loadEnvForTest({
      ...base,
      PROM_REGION_URLS: `good=${good}, silent=${silent}, broken=${broken}, gone=http://127.0.0.1:9, huge=${huge}`,
    });
    const metrics = createCaller(bed.as(person('operator'))).metrics;
    const found = await metrics.query({ query: 'up', timeout: 5 });
    expect(found.result).toEqual([{ metric: { a: 'b', region: 'good' }, value: [1, 'NaN'] }]);
    expect(found.regions.map(r => [r.region, r.state])).toEqual([
      ['good', 'answered'],
      ['silent', 'late'],
      ['broken', 'unreachable'],
      ['gone', 'unreachable'],
      ['huge', 'unreachable'],
    ]);
    expect(found.warnings).toContainEqual(expect.stringContaining('more than 8 MiB'));
    expect(found.warnings).toContain('region good: a rule failed');
    expect(found.warnings.filter(w => w.startsWith('gap:'))).toHaveLength(4);
  });

  it('are out of reach for who acts in the simulated world alone', async () => {
    loadEnvForTest({ ...base, PROM_REGION_URLS: 'a=http://127.0.0.1:9' });
    expect((await get('/api/v1/query?query=up')).status).toBe(503);
  });
});
