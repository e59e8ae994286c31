import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { telemetryLoops } from './jobs.ts';

let bed: TestBed;
let server: Server;
let url = '';
const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', ATOM_ALLOWED_HOSTS: '127.0.0.1' };
const loops = telemetryLoops.filter(({ name }) => name !== 'telemetry.world');

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
  server = createServer((request, response) => {
    const end = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('end'));
    const metric = { tenant: 't1', service: 'spread', region: 'eu-west' };
    const data = { resultType: 'matrix', result: [{ metric, values: [[end, '5']] }] };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await bed.close();
});

async function lookWith(vars: Record<string, string>) {
  loadEnvForTest({ ...base, ...vars });
  bed.clock.advance(60_000);
  for (const loop of loops)
    if (loop.needed?.() ?? true)
      await loop.run({ ctx: bed.system, signal: AbortSignal.timeout(60_000) }).catch(() => {});
  const { rows } = await createCaller(bed.as(person('operator'))).telemetry.sources();
  return Object.fromEntries(rows.map(row => [row.id, row.state]));
}
const points = async () =>
  (
    await createCaller(bed.as(person('operator'))).telemetry.series({
      ...{ tenant: 't1', service: 'spread', metric: 'rps' },
    })
  ).points.length;

it('what the configuration names no longer is not called silent, nor waited for, and is read again once it is named', async () => {
  const one = { SIMULATION_MODE: 'false', PROM_URL: url };
  const many = { SIMULATION_MODE: 'false', PROM_REGION_URLS: `eu-west=${url},us-east=${url}` };
  const file = { TELEMETRY_FILES: 't1=/nowhere/app.log' };
  expect(await lookWith({ ...one, ...file })).toEqual({
    prometheus: 'ok',
    'file:/nowhere/app.log': 'failing',
  });
  const after = { prometheus: 'retired', 'file:/nowhere/app.log': 'retired' };
  const fresh = { 'prometheus:eu-west': 'ok', 'prometheus:us-east': 'ok' };
  expect(await lookWith(many)).toEqual({ ...after, ...fresh });
  bed.clock.advance(10 * 60_000);
  expect(await lookWith(many)).toEqual({ ...after, ...fresh });
  const before = await points();
  // What the first one measured is awaited from the others now, and no longer from it.
  await lookWith(many);
  expect(await points()).toBe(before + 1);
  expect(await lookWith(one)).toMatchObject({ prometheus: 'ok', 'prometheus:eu-west': 'retired' });
});
