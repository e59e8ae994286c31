import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { until } from '#scripts/testing/until.ts';
import { createCaller } from '#server/root.ts';
import { deadlineMs } from '../service.ts';

/** Two real servers, as Debian's package `prometheus` brings them; where there is none, the suite is skipped by name. */
const missing = spawnSync('prometheus', ['--version']).status !== 0;
const env = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_PROCESS: 'test' };

interface Prometheus {
  port: number;
  process: ChildProcess;
}

/** Holds each answer back; stands between the console and one of the servers. */
function delayingProxy(
  target: number,
): Promise<{ port: number; delayMs: { value: number }; server: Server }> {
  const delayMs = { value: 0 };
  const server = createServer(inbound => {
    const outbound = connect(target, '127.0.0.1');
    inbound.pipe(outbound);
    outbound.on('data', chunk => {
      setTimeout(() => inbound.writable && inbound.write(chunk), delayMs.value);
    });
    outbound.on('end', () => setTimeout(() => inbound.end(), delayMs.value));
    inbound.on('error', () => {});
    outbound.on('error', () => inbound.destroy());
    inbound.on('close', () => outbound.destroy());
  });
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ port: (server.address() as AddressInfo).port, delayMs, server }),
    ),
  );
}

describe.skipIf(missing)('two real Prometheus servers (peer: prometheus)', () => {
  let bed: TestBed;
  let exporter: HttpServer;
  let proxy: Awaited<ReturnType<typeof delayingProxy>>;
  const folders: string[] = [];
  const running: Prometheus[] = [];

  async function start(name: string, target: number): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'atom-prometheus-'));
    folders.push(folder);
    const port = await freePort();
    writeFileSync(
      join(folder, 'prometheus.yml'),
      `global: { scrape_interval: 1s, scrape_timeout: 1s, external_labels: { server: ${name} } }\nscrape_configs: [{ job_name: shop, static_configs: [{ targets: ['127.0.0.1:${target}'] }] }]\n`,
    );
    const process = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    const found = { port, process };
    running.push(found);
    return found;
  }

  const metrics = () => createCaller(bed.as(person('operator'))).metrics;
  beforeAll(async () => {
    bed = await testBed();
    exporter = createHttp((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(
        '# HELP shop_orders_total Orders\n# TYPE shop_orders_total counter\nshop_orders_total{kind="web"} 40\nshop_orders_total{kind="app"} 2\n# TYPE shop_ratio gauge\nshop_ratio NaN\n',
      );
    }).listen(0, '127.0.0.1');
    await new Promise(resolve => exporter.once('listening', resolve));
    const target = (exporter.address() as AddressInfo).port;
    const [eu, us] = [await start('one', target), await start('two', target)];
    proxy = await delayingProxy(us.port);
    loadEnvForTest({
      ...env,
      PROM_REGION_URLS: `eu=http://127.0.0.1:${eu.port},us=http://127.0.0.1:${proxy.port}`,
    });
    bed.clock.set(new Date());
    await until('both to know all series', async () => {
      bed.clock.set(new Date());
      const found = await metrics().query({ query: 'shop_orders_total' });
      return found.result.length === 4;
    });
  });

  afterAll(async () => {
    for (const { process } of running) process.kill('SIGKILL');
    proxy?.server.close();
    exporter?.closeAllConnections();
    exporter?.close();
    await bed?.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    loadEnvForTest(env);
  });

  it('answer together, each series with its region, and nothing is summed up', async () => {
    const found = await metrics().query({ query: 'sum(shop_orders_total)' });
    expect(found.result.map(r => [r.metric.region, r.value?.[1]]).sort()).toEqual([
      ['eu', '42'],
      ['us', '42'],
    ]);
    expect(found.warnings).toEqual([]);
    expect(found.infos.join()).toContain('none is their sum');
    const one = await metrics().query({ query: 'shop_orders_total{region="us",kind="app"}' });
    expect(one.result).toEqual([
      { metric: expect.objectContaining({ region: 'us', kind: 'app' }), value: [expect.any(Number), '2'] },
    ]);
  });

  it('give ranges, NaN, scalars, series, labels, values and a federation', async () => {
    const end = Date.now() / 1000;
    const range = await metrics().queryRange({
      query: 'shop_orders_total{kind="web"}',
      start: end - 2,
      end,
      step: 1,
    });
    expect(range.resultType).toBe('matrix');
    expect(range.result).toHaveLength(2);
    for (const series of range.result) expect(series.values?.at(-1)?.[1]).toBe('40');
    expect((await metrics().query({ query: 'shop_ratio' })).result[0]?.value?.[1]).toBe('NaN');
    expect((await metrics().query({ query: '1 + 1' })).result.map(r => r.value?.[1])).toEqual(['2', '2']);
    expect((await metrics().series({ match: ['shop_orders_total'] })).data).toHaveLength(4);
    expect((await metrics().labels({})).data).toEqual(expect.arrayContaining(['kind', 'region', 'instance']));
    expect((await metrics().labelValues({ label: 'kind' })).data).toEqual(['app', 'web']);
    const text = (await metrics().federate({ match: ['{__name__=~"shop_.*"}'] })).text;
    expect(text.match(/^shop_orders_total\{.*region="(eu|us)"\} \d+ \d+$/gm)).toHaveLength(4);
    expect(text.match(/^# TYPE shop_orders_total/gm)).toHaveLength(1);
  });

  it('refuse what is no PromQL, in their own words', async () => {
    await expect(metrics().query({ query: 'sum(' })).rejects.toMatchObject({
      cause: { code: 'metrics.bad_data', message: expect.stringContaining('parse error') },
    });
  });

  it('are named when one is slow: the other’s answer comes within the deadline', async () => {
    proxy.delayMs.value = deadlineMs * 3;
    const found = await metrics().query({ query: 'up', timeout: 2 });
    expect(found.result.map(r => r.metric.region)).toEqual(['eu']);
    expect(found.warnings).toEqual(['gap: region us did not answer within 2000 ms']);
    expect(found.regions.find(r => r.region === 'us')?.state).toBe('late');
    proxy.delayMs.value = 0;
    expect((await metrics().query({ query: 'up' })).result).toHaveLength(2);
  });

  it('are named when what one knows is old', async () => {
    exporter.closeAllConnections();
    bed.clock.set(new Date(Date.now() + 120_000));
    const found = await metrics().query({ query: 'shop_orders_total', time: Date.now() / 1000 });
    expect(found.warnings.filter(w => w.startsWith('stale: the newest sample of region'))).toHaveLength(2);
    bed.clock.set(new Date());
  });

  it('are named when one is stopped, and refuse once both are', async () => {
    const [eu, us] = running;
    us?.process.kill('SIGKILL');
    await until('one to be gone', async () => (await metrics().query({ query: 'up' })).result.length === 1);
    const found = await metrics().query({ query: 'up' });
    expect(found.warnings).toEqual([expect.stringMatching(/^gap: region us cannot be reached/)]);
    eu?.process.kill('SIGKILL');
    await until('both to be gone', () =>
      metrics()
        .query({ query: 'up' })
        .then(() => false)
        .catch(error => error.cause?.code === 'metrics.no_region'),
    );
  });
});
