import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { prometheusGateway } from '#server/governance/observability/gateway.real/prometheus.ts';
import { usualQueries } from '#server/governance/observability/schema.ts';
import { pullMetrics } from '#server/governance/observability/service/pull-metrics.ts';
import { createCaller } from '#server/root.ts';
import { watchSeries } from './service/watch.ts';

const minute = 60_000;
let bed: TestBed;
const servers: Server[] = [];

/** One region's Prometheus: requests per second of what runs there, none of the time in which it was down itself. */
class Prometheus {
  url = '';
  answers = true;
  services: Record<string, number>;
  down: { from: number; to: number } | null = null;
  constructor(services: Record<string, number>) {
    this.services = services;
  }
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const query = new URL(request.url ?? '/', 'http://x').searchParams;
      const [from = 0, to = 0, step = 15] = ['start', 'end', 'step'].map(name => Number(query.get(name)));
      const rps = query.get('query') === usualQueries.rps;
      const result = Object.entries(rps ? this.services : {}).flatMap(([service, value]) => {
        const values: [number, string][] = [];
        for (let at = from; at <= to; at += step)
          if (!this.down || at * 1000 < this.down.from || at * 1000 >= this.down.to)
            values.push([at, String(value * (1 + 0.02 * Math.sin(at / 97)))]);
        return values.length > 0 ? [{ metric: { tenant: 't1', service }, values }] : [];
      });
      response
        .writeHead(this.answers ? 200 : 503, { 'content-type': 'application/json' })
        .end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
    });
    servers.push(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

const eu = new Prometheus({ spread: 100, alone: 10 });
const us = new Prometheus({ spread: 80, other: 5 });

beforeAll(async () => {
  bed = await testBed();
  bed.clock.set(new Date('2026-11-18T12:00:20.000Z'));
  for (const name of ['eu-west', 'us-east']) await registerTestRegion(bed, { name, country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  await eu.start();
  await us.start();
  for (let i = 0; i < 8; i++) {
    await pull();
    bed.clock.advance(30 * minute);
  }
  await pull();
  await watchSeries(bed.system);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await bed.close();
});

const pull = () =>
  pullMetrics(bed.system, [
    { region: 'eu-west', gateway: prometheusGateway([{ url: eu.url, region: 'eu-west' }]) },
    { region: 'us-east', gateway: prometheusGateway([{ url: us.url, region: 'us-east' }]) },
  ]);
/** What the workers do, minute by minute. */
async function pass(minutes: number) {
  for (let i = 0; i < minutes; i++) {
    bed.clock.advance(minute);
    await pull();
    await watchSeries(bed.system);
  }
}
const signal = async (service: string) =>
  (
    await bed.rows<{ at: string; score: number; value: number; n: number }>(
      `select at, score, value, (state -> 'detector' ->> 'n')::int as n from risk_signal where service = $1 and metric = 'rps'`,
      [service],
    )
  )[0];
/** As its tenant sees it, who may not see sources. */
const series = async (from: Date, region?: string) =>
  (
    await createCaller(bed.as(tenantCaller('t1'))).telemetry.series({
      ...{ tenant: 't1', service: 'spread', metric: 'rps', region, from: from.toISOString() },
      to: new Date(bed.clock.now().getTime() + 1).toISOString(),
    })
  ).points.map(point => point.value);

it('a region that does not answer makes a sum not known, not less, and is read again when it is back', async () => {
  const before = await signal('spread');
  const alone = await signal('alone');
  const since = bed.clock.now();
  expect(before?.value).toBeGreaterThan(170);
  us.answers = false;
  await pass(25);
  expect(await signal('spread')).toEqual(before);
  // What runs elsewhere alone goes on.
  expect((await signal('alone'))?.n).toBe((alone?.n ?? 0) + 25);
  expect(await series(new Date(since.getTime() + 1))).toEqual([]);
  expect(await series(new Date(since.getTime() + 1), 'eu-west')).toHaveLength(100);
  us.answers = true;
  await pass(1);
  const after = await signal('spread');
  expect(after?.n).toBe((before?.n ?? 0) + 26);
  expect(after?.score).toBeLessThan(0.5);
  const sums = await series(new Date(since.getTime() + 1));
  expect(sums).toHaveLength(104);
  expect(Math.min(...sums)).toBeGreaterThan(170);
});

it('what a Prometheus has no sample of, since it was down itself, stays not known', async () => {
  const before = await signal('spread');
  const now = bed.clock.now().getTime();
  us.down = { from: now + 5 * minute, to: now + 20 * minute };
  await pass(25);
  const after = await signal('spread');
  expect(after?.score).toBeLessThan(0.5);
  // Fifteen minutes, and those in which they begin and end.
  expect(after?.n).toBe((before?.n ?? 0) + 25 - 16);
  expect(Math.min(...(await series(new Date(now))))).toBeGreaterThan(170);
  us.down = null;
});

it('what was away for longer than it is read back stays not known', async () => {
  const now = bed.clock.now().getTime();
  us.answers = false;
  for (let i = 0; i < 3; i++) {
    bed.clock.advance(30 * minute);
    await pull();
  }
  us.answers = true;
  await pass(1);
  const sums = await series(new Date(now + 1));
  expect(sums).toHaveLength(241);
  expect(Math.min(...sums)).toBeGreaterThan(170);
  expect(await series(new Date(now + 1), 'eu-west')).toHaveLength(364);
  expect((await signal('spread'))?.score).toBeLessThan(0.5);
});

it('a service that is gone where its Prometheus answers is a fall', async () => {
  us.services = { other: 5 };
  await pass(3);
  const after = await signal('spread');
  expect(after?.value).toBeLessThan(103);
  expect(after?.score).toBeGreaterThan(0.5);
});

it('a region that answers nothing for an hour runs nothing', async () => {
  us.services = { spread: 80 };
  await pass(10);
  us.services = {};
  await pass(20);
  expect((await signal('spread'))?.value).toBeGreaterThan(170);
  await pass(42);
  expect((await signal('spread'))?.value).toBeLessThan(103);
});

it('a region that answered nothing, and then not at all, has not said for an hour that it runs nothing', async () => {
  us.services = { spread: 80 };
  await pass(10);
  us.services = {};
  await pass(1);
  const since = bed.clock.now();
  us.answers = false;
  for (let i = 0; i < 7; i++) {
    bed.clock.advance(10 * minute);
    await pull();
  }
  us.answers = true;
  await pass(1);
  expect(await series(since)).toEqual([]);
  expect((await signal('spread'))?.value).toBeGreaterThan(170);
});
