import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlanStep } from '#kernel/actions/plan.ts';
import { fakeClock } from '#kernel/clock/clock.ts';
import { type ClusterPeer, clusterPeer } from '#scripts/testing/cluster.ts';
import { until } from '#scripts/testing/until.ts';
import { type ActionDriver, DriverAway, DriverRefused, type Order, TargetMoved } from '../gateway.ts';
import { clusterDriver } from './kubernetes.ts';

const namespace = 'tenant-t1';
let peer: ClusterPeer;
let driver: ActionDriver;
const clock = fakeClock();
beforeAll(async () => {
  peer = await clusterPeer();
  driver = clusterDriver(
    { context: 'peer', kubeconfig: peer.kubeconfig, namespacePrefix: 'tenant-' },
    clock,
    20,
  );
});
afterAll(() => peer.close());
beforeEach(() => {
  peer.addDeployment(namespace, 'web', 3);
  peer.addNode('node-1');
  peer.forbidden.clear();
  peer.protected.clear();
  peer.stalled = false;
  peer.meanwhile = null;
  peer.calls.length = 0;
  clock.advance(1000);
});

const scale = (replicas: number): PlanStep => ({ action: 'scale', target: 'web', params: { replicas } });
const restart: PlanStep = { action: 'restart', target: 'web', params: {} };
const cordon: PlanStep = { action: 'cordon', target: 'node-1', params: {} };
const drain: PlanStep = { action: 'drain', target: 'node-1', params: { graceSeconds: 5 } };
let serial = 0;
const order = (expected: string | null, change: Partial<Order> = {}): Order => ({
  tenantId: 't1',
  executionId: 'e1',
  idempotencyKey: `k${++serial}:0:all`,
  expected,
  signal: AbortSignal.timeout(60_000),
  ...change,
});
const writes = () => peer.calls.filter(c => c.method !== 'GET' && !c.url.includes('selfsubject'));

describe('the contract of action drivers', () => {
  it('lists and reads what is the tenant’s, and nothing else', async () => {
    expect((await driver.targets('t1')).map(t => t.target)).toEqual(['web']);
    expect(await driver.targets('t2')).toEqual([]);
    expect(await driver.read('web', 't2')).toBeNull();
    expect(await driver.read('no-such-thing', 't1')).toBeNull();
    expect(await driver.handles(scale(4), 't1')).toBe(true);
    expect(await driver.handles(scale(4), 't2')).toBe(false);
    expect(await driver.handles({ action: 'rotate-keys', target: 'web', params: {} }, 't1')).toBe(false);
  });

  it('keeps tenants apart whose ids differ by a hyphen and an underscore', async () => {
    peer.addDeployment('tenant-a-b', 'theirs', 1);
    expect((await driver.targets('a-b')).map(t => t.target)).toEqual(['theirs']);
    expect(await driver.targets('a_b')).toEqual([]);
    expect(await driver.read('theirs', 'a_b')).toBeNull();
  });

  it.each([
    ['scale', scale(5)],
    ['restart', restart],
    ['cordon', cordon],
  ])(
    '%s: looks without changing, applies once, sees that it worked, and takes it back',
    async (_name, step) => {
      const before = { ...(await driver.snapshot(step, 't1')), tenantId: 't1' };
      const { changes, reversible } = await driver.dryRun(step, before);
      expect(changes).toHaveLength(1);
      expect(reversible).toBe(true);
      expect(writes().every(c => c.url.includes('dryRun=All'))).toBe(true);
      expect((await driver.read(step.target, 't1'))?.version).toBe(before.version);
      expect((await driver.verify(step, before)).outcome).toBe('wrong');

      clock.advance(1000);
      const key = { idempotencyKey: `same-${step.action}:0:all` };
      const applied = await driver.apply(step, before, order(before.version, key));
      expect(applied.repeated).toBe(false);
      expect((await driver.verify(step, before)).outcome).toBe('ok');
      const again = await driver.apply(step, before, order(before.version, key));
      expect(again).toMatchObject({ repeated: true, version: applied.version });

      await driver.rollback(step, before, order(null));
      expect((await driver.restored(step, before)).outcome).toBe('ok');
      expect((await driver.rollback(step, before, order(null))).repeated).toBe(true);
    },
  );

  it('sees a rollback that did not take', async () => {
    const before = await driver.snapshot(scale(5), 't1');
    await driver.apply(scale(5), before, order(before.version));
    expect((await driver.restored(scale(5), before)).outcome).toBe('wrong');
    await driver.rollback(scale(5), before, order(null));
    peer.touch(namespace, 'web', 9);
    expect((await driver.restored(scale(5), before)).outcome).toBe('wrong');
  });

  it('refuses a target that moved, and changes nothing', async () => {
    const before = await driver.snapshot(scale(5), 't1');
    peer.touch(namespace, 'web', 7);
    await expect(driver.apply(scale(5), before, order(before.version))).rejects.toBeInstanceOf(TargetMoved);
    expect(peer.deployment(namespace, 'web').spec.replicas).toBe(7);
  });

  it('refuses one that moves between its look and its write', async () => {
    const before = await driver.snapshot(scale(5), 't1');
    peer.meanwhile = () => peer.touch(namespace, 'web', 8);
    await expect(driver.apply(scale(5), before, order(before.version))).rejects.toBeInstanceOf(TargetMoved);
    expect(peer.deployment(namespace, 'web').spec.replicas).toBe(8);
  });

  it('is not put off by a change of status in between', async () => {
    const before = await driver.snapshot(scale(5), 't1');
    peer.meanwhile = () => {
      peer.deployment(namespace, 'web').metadata.resourceVersion = '99999';
    };
    await driver.apply(scale(5), before, order(before.version));
    expect(peer.deployment(namespace, 'web').spec.replicas).toBe(5);
  });
});

describe('a cluster', () => {
  it('is scaled by the scale subresource under the version that was read', async () => {
    const before = await driver.snapshot(scale(5), 't1');
    await driver.apply(scale(5), before, order(before.version));
    const [write] = writes();
    expect(write).toMatchObject({
      method: 'PUT',
      body: { metadata: { resourceVersion: expect.any(String) } },
    });
    expect(write?.url).toContain('/deployments/web/scale');
  });

  it('restarts by the annotation that kubectl uses', async () => {
    const before = await driver.snapshot(restart, 't1');
    await driver.apply(restart, before, order(before.version));
    const template = peer.deployment(namespace, 'web').spec.template as {
      metadata: { annotations: Record<string, string> };
    };
    expect(template.metadata.annotations['kubectl.kubernetes.io/restartedAt']).toBe(
      clock.now().toISOString(),
    );
  });

  it('is settling until its pods are ready', async () => {
    const before = await driver.snapshot(scale(5), 't1');
    peer.stalled = true;
    await driver.apply(scale(5), before, order(before.version));
    expect((await driver.verify(scale(5), before)).outcome).toBe('settling');
  });

  it.each([
    ['update deployments/scale', scale(5)],
    ['patch deployments', restart],
    ['patch nodes', cordon],
    ['create pods/eviction', drain],
  ])('that does not allow to %s is asked before anything is tried', async (need, step) => {
    peer.forbidden.add(need);
    const before = { ...(await driver.snapshot(step, 't1')), tenantId: 't1' };
    await expect(driver.dryRun(step, before)).rejects.toBeInstanceOf(DriverRefused);
    await expect(driver.apply(step, before, order(before.version))).rejects.toBeInstanceOf(DriverRefused);
    expect(writes()).toEqual([]);
  });

  it('evicts what runs on a node but what a daemon set keeps there', async () => {
    peer.addPod('tenant-t1', 'web-1', 'node-1');
    peer.addPod('kube-system', 'proxy', 'node-1', 'DaemonSet');
    peer.addPod('tenant-t1', 'elsewhere', 'node-2');
    const before = await driver.snapshot(drain, 't1');
    await driver.apply(drain, before, order(before.version));
    expect(peer.pods()).toEqual(['kube-system/proxy', 'tenant-t1/elsewhere']);
    expect(peer.node('node-1').spec.unschedulable).toBe(true);
    expect(writes().find(c => c.url.includes('/eviction'))?.body).toMatchObject({
      apiVersion: 'policy/v1',
      deleteOptions: { gracePeriodSeconds: 5 },
    });
    expect((await driver.verify(drain, before)).outcome).toBe('ok');
    await driver.rollback(drain, before, order(null));
    expect((await driver.restored(drain, before)).outcome).toBe('ok');
  });

  it('waits for a disruption budget, and says so when the time is over', async () => {
    peer.addPod('tenant-t1', 'web-2', 'node-1');
    peer.protected.add('tenant-t1/web-2');
    const before = await driver.snapshot(drain, 't1');
    const over = new AbortController();
    const refused = expect(
      driver.apply(drain, before, order(before.version, { signal: over.signal })),
    ).rejects.toThrow(/disruption budget/);
    await until('an eviction to be refused', () => writes().some(c => c.url.includes('web-2/eviction')));
    over.abort();
    await refused;
    expect(peer.pods()).toContain('tenant-t1/web-2');
    setTimeout(() => peer.protected.clear(), 60);
    await driver.apply(drain, before, order(before.version, { idempotencyKey: 'drain-again:0:all' }));
    expect(peer.pods()).not.toContain('tenant-t1/web-2');
  });

  it('that is away, or does not know the console, is told apart', async () => {
    const gone = await clusterPeer();
    const away = clusterDriver(
      { context: 'peer', kubeconfig: gone.kubeconfig, namespacePrefix: 'tenant-' },
      clock,
    );
    await gone.close();
    await expect(away.targets('t1')).rejects.toBeInstanceOf(DriverRefused); // its kubeconfig went with it
    const other = await clusterPeer();
    const silent = clusterDriver(
      { context: 'peer', kubeconfig: other.kubeconfig, namespacePrefix: 'tenant-' },
      clock,
    );
    other.addDeployment(namespace, 'web', 1);
    expect(await silent.targets('t1')).toHaveLength(1);
    await other.close();
    await expect(silent.targets('t1')).rejects.toBeInstanceOf(DriverAway);
  });
});
