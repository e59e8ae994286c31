import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanStep } from '#kernel/actions/plan.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { simulatedHome } from '#scripts/testing/home.ts';
import { publishNow } from '#scripts/testing/publish.ts';
import { consoleSigning } from '#server/policy/hub/service/console-signing.ts';
import { Hub } from '#server/policy/hub/service/hub.ts';
import { policyDriver } from './gateway/policies.ts';
import { simulatedDriver } from './gateway.simulated.ts';
import { type ActionDriver, type Order, TargetMoved } from './gateway.ts';

/** One change on one target that every driver can do, and what shows that it was done. */
interface Case {
  name: string;
  make(bed: TestBed): Promise<ActionDriver>;
  step: PlanStep;
  /** Changes the same target behind the driver's back. */
  meanwhile(bed: TestBed): Promise<void>;
  /** What others do once an order was given, where it does not take effect at once. */
  settle?(): Promise<void>;
}

/** The hub decides what was published; with no relay in the mesh nobody has to agree. */
let hub: Hub;
const decided = async () => {
  for (let i = 0; i < 5; i++) {
    await hub.step();
    bed.clock.advance(2_000);
  }
};
const limits = (perMinute: number) => ({
  id: 't1-limits',
  kind: 'rate-limit',
  scope: { tenant: 't1' },
  document: { limits: [{ purpose: 'ingest*', perMinute, burst: 10 }] },
});

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  await simulatedHome(bed);
  hub = new Hub({
    database: bed.database,
    clock: bed.clock,
    signing: consoleSigning(bed.database, bed.clock),
  });
  await hub.start();
  for (const perMinute of [600, 60]) {
    await publishNow(bed.system, limits(perMinute));
    await decided();
  }
});
afterAll(async () => {
  await hub.stop();
  await bed.close();
});

const cases: Case[] = [
  {
    name: 'simulated',
    make: async b => simulatedDriver(b),
    step: { action: 'scale', target: 'service-x', params: { replicas: 5 } },
    meanwhile: async b => {
      const other = simulatedDriver(b);
      const step: PlanStep = { action: 'restart', target: 'service-x', params: {} };
      const before = await other.snapshot(step, 't1');
      await other.apply(step, before, order('other:0:all', before.version));
    },
  },
  {
    name: 'policies',
    make: async b => policyDriver(b),
    step: { action: 'policy-rollback', target: 't1-limits', params: { toVersion: 1 } },
    meanwhile: async b => {
      await publishNow(b.system, limits(30));
      await decided();
    },
    settle: decided,
  },
];

const order = (key: string, expected: string | null, more: Partial<Order> = {}): Order => ({
  tenantId: 't1',
  executionId: 'e900',
  idempotencyKey: key,
  expected,
  signal: AbortSignal.timeout(60_000),
  ...more,
});

describe.each(cases)('the driver $name', ({ name, make, step, meanwhile, settle = async () => {} }) => {
  it('lists what it can act on, and knows what it cannot', async () => {
    const driver = await make(bed);
    expect((await driver.targets('t1')).map(t => t.target)).toContain(step.target);
    expect(await driver.handles(step, 't1')).toBe(true);
    expect(await driver.handles({ ...step, target: 'no-such-thing' } as PlanStep, 't1')).toBe(false);
    expect(await driver.read('no-such-thing', 't1')).toBeNull();
  });

  it('looks without changing, applies once under one key, sees that it worked, and takes it back', async () => {
    const driver = await make(bed);
    const before = await driver.snapshot(step, 't1');
    expect((await driver.dryRun(step, before)).changes.length).toBeGreaterThan(0);
    expect((await driver.read(step.target, 't1'))?.version).toBe(before.version);
    expect((await driver.verify(step, before)).outcome).not.toBe('ok');

    const key = `${name}-a:0:all`;
    const applied = await driver.apply(step, before, order(key, before.version));
    expect(applied.repeated).toBe(false);
    await settle();
    expect((await driver.verify(step, before)).outcome).toBe('ok');
    expect((await driver.restored(step, before)).outcome).not.toBe('ok');

    // The same order once more, as after a crash: also though the target is no longer what it expects.
    const again = await driver.apply(step, before, order(key, before.version));
    expect(again).toMatchObject({ version: applied.version });
    expect((await driver.read(step.target, 't1'))?.version).toBe(applied.version);

    await driver.rollback(step, before, order(`${name}-a:0:back`, null));
    await settle();
    expect((await driver.restored(step, before)).outcome).toBe('ok');
    const back = await driver.read(step.target, 't1');
    await driver.rollback(step, before, order(`${name}-a:0:back`, null));
    await settle();
    expect((await driver.read(step.target, 't1'))?.state).toEqual(back?.state);
  });

  it('refuses a target that moved, and changes nothing', async () => {
    const driver = await make(bed);
    const before = await driver.snapshot(step, 't1');
    await meanwhile(bed);
    const moved = await driver.read(step.target, 't1');
    expect(moved?.version).not.toBe(before.version);
    await expect(driver.apply(step, before, order(`${name}-b:0:all`, before.version))).rejects.toBeInstanceOf(
      TargetMoved,
    );
    expect((await driver.read(step.target, 't1'))?.version).toBe(moved?.version);
  });
});

describe('policies', () => {
  const step: PlanStep = { action: 'policy-rollback', target: 't1-limits', params: { toVersion: 1 } };

  it('are another tenant’s or never in force: nothing that may be gone back to', async () => {
    const driver = policyDriver(bed);
    expect(await driver.handles(step, 'somebody')).toBe(false);
    const never = { ...step, params: { toVersion: 99 } };
    const before = await driver.snapshot(step, 't1');
    await expect(driver.dryRun(never, before)).rejects.toThrow('never in force');
    const same = { ...step, params: { toVersion: Number(before.state.version) } };
    await expect(driver.dryRun(same, before)).rejects.toThrow('already');
  });

  it('are not taken back while a version is on its way, nor by an order that was taken back itself', async () => {
    const driver = policyDriver(bed);
    const before = await driver.snapshot(step, 't1');
    await driver.rollback(step, before, order('late-policy:0:back', null));
    const late = await driver.apply(step, before, order('late-policy:0:all', before.version));
    expect(late).toMatchObject({ repeated: true, version: before.version });
    await publishNow(bed.system, limits(15));
    await expect(driver.dryRun(step, before)).rejects.toThrow('on its way');
    expect((await driver.verify(step, before)).outcome).toBe('settling');
    await decided();
    expect((await driver.verify(step, before)).outcome).toBe('wrong');
  });
});

describe('the simulated world', () => {
  it('lets an order that arrives after it was taken back do nothing', async () => {
    const driver = simulatedDriver(bed);
    const step: PlanStep = { action: 'scale', target: 't1-web', params: { replicas: 9 } };
    const before = await driver.snapshot(step, 't1');
    await driver.rollback(step, before, order('late:0:back', null));
    const late = await driver.apply(step, before, order('late:0:all', before.version));
    expect(late.repeated).toBe(true);
    expect((await driver.read('t1-web', 't1'))?.state.replicas).toBe(before.state.replicas);
  });

  it('waits for the only replica of a service to be up again before it calls a restart a failure', async () => {
    const driver = simulatedDriver(bed);
    const step: PlanStep = { action: 'restart', target: 'test-api', params: {} };
    const before = await driver.snapshot(step, 'test');
    bed.clock.advance(10_000);
    await driver.apply(step, before, order('alone:0:all', before.version));
    expect((await driver.verify(step, before)).outcome).toBe('settling');
    bed.clock.advance(61_000);
    expect((await driver.verify(step, before)).outcome).toBe('ok');
  });

  it.each([
    ['restart', 'service-x', {}, 'restarted'],
    ['failover', 't1-web', { toRegion: 'us-east' }, 'region'],
    ['cordon', 'eu-west-node-1', {}, 'schedulable'],
    ['drain', 'eu-west-node-2', {}, 'drained'],
    ['rotate-keys', 'eu-west', {}, 'keyVersion'],
  ] as const)('really changes by %s of %s', async (action, target, params, field) => {
    const driver = simulatedDriver(bed);
    const step = { action, target, params } as unknown as PlanStep;
    bed.clock.advance(60_000);
    const before = await driver.snapshot(step, 't1');
    const { changes, reversible } = await driver.dryRun(step, before);
    expect(changes.map(c => c.field)).toContain(field);
    expect(reversible).toBe(action !== 'rotate-keys');
    await driver.apply(step, before, order(`w-${action}:0:all`, before.version));
    expect((await driver.verify(step, before)).outcome).toBe('ok');
    expect((await driver.read(target, 't1'))?.state[field]).not.toEqual(before.state[field]);
  });
});
