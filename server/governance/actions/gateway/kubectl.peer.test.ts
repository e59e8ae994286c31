import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeClock } from '#kernel/clock/clock.ts';
import { type ClusterPeer, clusterPeer } from '#scripts/testing/cluster.ts';
import { clusterDriver } from './kubernetes.ts';

const run = promisify(execFile);
const has = (program: string, ...given: string[]) =>
  spawnSync(program, given, { stdio: 'ignore' }).status === 0;
const there = has('kubectl', 'version', '--client') && has('openssl', 'version');

/** kubectl sends its token over TLS only. */
function certificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'atom-kubectl-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
      '-subj',
      '/CN=127.0.0.1',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  const made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true, force: true });
  return made;
}

let peer: ClusterPeer;
beforeAll(async () => {
  if (there) peer = await clusterPeer(certificate());
});
afterAll(() => peer?.close());

/** The same API read by somebody else's client. */
describe.skipIf(!there)('kubectl', () => {
  const kubectl = async (...given: string[]) =>
    JSON.parse(
      (await run('kubectl', ['--kubeconfig', peer.kubeconfig, ...given, '-o', 'json'], { timeout: 60_000 }))
        .stdout,
    );

  it('reads what the driver did to a deployment and a node', async () => {
    peer.addDeployment('tenant-t1', 'web', 2);
    peer.addNode('node-1');
    const clock = fakeClock();
    const driver = clusterDriver(
      { context: 'peer', kubeconfig: peer.kubeconfig, namespacePrefix: 'tenant-' },
      clock,
      20,
    );
    const order = (idempotencyKey: string) => ({
      tenantId: 't1',
      executionId: 'e1',
      idempotencyKey,
      expected: null,
      signal: AbortSignal.timeout(60_000),
    });
    const scale = { action: 'scale', target: 'web', params: { replicas: 6 } } as const;
    await driver.apply(scale, await driver.snapshot(scale, 't1'), order('a'));
    const cordon = { action: 'cordon', target: 'node-1', params: {} } as const;
    await driver.apply(cordon, await driver.snapshot(cordon, 't1'), order('b'));
    expect((await kubectl('get', 'deployment', 'web', '-n', 'tenant-t1')).spec.replicas).toBe(6);
    expect((await kubectl('get', 'node', 'node-1')).spec.unschedulable).toBe(true);
  });

  it('and the driver reads what kubectl did', async () => {
    peer.addDeployment('tenant-t1', 'api', 2);
    await run(
      'kubectl',
      ['--kubeconfig', peer.kubeconfig, '-n', 'tenant-t1', 'scale', 'deployment/api', '--replicas=5'],
      {
        timeout: 60_000,
      },
    );
    const driver = clusterDriver(
      { context: 'peer', kubeconfig: peer.kubeconfig, namespacePrefix: 'tenant-' },
      fakeClock(),
      20,
    );
    expect((await driver.read('api', 't1'))?.state.replicas).toBe(5);
  });
});
