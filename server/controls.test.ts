import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { portControl } from './controls.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
loadEnvForTest(base);
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});
afterAll(() => void loadEnvForTest(base));

const tenants = { area: 'federation', slug: 'tenants', key: 'tenants', title: 'Tenants' } as const;

async function listening(
  health: [number, unknown],
  metrics: [number, string, Record<string, string>?],
): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url === '/health') response.writeHead(health[0]).end(JSON.stringify(health[1]));
    else if (request.url === '/metrics') response.writeHead(metrics[0], metrics[2]).end(metrics[1]);
    else response.writeHead(404).end();
  });
  open.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const run = (...ports: number[]) =>
  portControl(() => ports.map(port => ({ ...tenants, port }))).run({} as ReadContext);

const well: [number, unknown] = [200, { system: 'tenants' }];
const exposed: [number, string] = [200, '# TYPE x counter\nx 1\n'];

it('passes ports that answer both, well or not', async () => {
  const ports = [
    await listening(well, exposed),
    await listening([503, { system: 'tenants', status: 'unavailable' }], exposed),
    await listening(well, [401, '', { 'www-authenticate': 'Bearer' }]),
  ];
  expect(await run(...ports)).toEqual({ result: 'PASS', reason: '3 ports answered both' });
});

it.each<[string, [number, unknown], [number, string], string]>([
  ['another program', [200, { system: 'else' }], exposed, '/health is answered by something else'],
  ['a port without health', [404, { system: 'tenants' }], exposed, '/health is answered by something else'],
  ['a port without metrics', well, [404, ''], '/metrics has no metrics'],
  ['a bare 401', well, [401, ''], '/metrics has no metrics'],
  ['empty metrics', well, [200, ''], '/metrics has no metrics'],
])('fails %s', async (_what, health, metrics, why) => {
  const port = await listening(health, metrics);
  expect(await run(port)).toEqual({ result: 'FAIL', reason: `tenants on ${port}: ${why}` });
});

it('fails a port that nobody answers', async () => {
  const port = await listening(well, exposed);
  const closed = open.pop();
  await new Promise(resolve => closed?.close(resolve));
  expect(await run(port)).toEqual({ result: 'FAIL', reason: `tenants on ${port}: no answer` });
});
