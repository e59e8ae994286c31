import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { closeIntake } from './intake.ts';
import { startKafka } from './kafka.ts';

const kcat = spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0;

/** librdkafka's own mock cluster, which speaks the protocol and was written by others. */
async function mockCluster(): Promise<{ process: ChildProcess; brokers: string[] }> {
  const process = spawn('kcat', [
    '-b',
    'x:1',
    '-X',
    'test.mock.num.brokers=3',
    '-d',
    'mock',
    '-P',
    '-t',
    'unused',
  ]);
  let said = '';
  const brokers = await new Promise<string[]>((resolve, reject) => {
    process.stderr.on('data', data => {
      said += data;
      const found = /bootstrap\.servers=(\S+)/.exec(said)?.[1];
      if (found) resolve(found.split(','));
    });
    process.on('exit', () => reject(new Error(said)));
  });
  return { process, brokers };
}

describe.skipIf(!kcat)('Kafka, against librdkafka’s mock cluster (kcat)', () => {
  let bed: TestBed;
  let cluster: Awaited<ReturnType<typeof mockCluster>>;
  beforeAll(async () => {
    loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', SIMULATION_MODE: 'true' });
    bed = await testBed();
    await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
    await createTenant(
      bed.system,
      createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
    );
    cluster = await mockCluster();
  });
  afterAll(async () => {
    cluster.process.kill();
    await closeIntake(bed.database);
    await bed.close();
  });

  it('writes what is produced, commits after the write, and goes on there as a new member', {
    timeout: 360_000,
  }, async () => {
    const kafka = new Kafka({ brokers: cluster.brokers, logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    const produce = (...values: (object | string)[]) =>
      producer.send({
        topic: 'telemetry',
        messages: values.map(value => ({ value: typeof value === 'string' ? value : JSON.stringify(value) })),
      });
    const stored = async () =>
      (await bed.rows<{ event: string }>("select event from telemetry_event where source = 'kafka'"))
        .map(r => r.event)
        .sort();
    const settings = { brokers: cluster.brokers, topics: ['telemetry'], group: 'test-group' };
    const event = (name: string) => ({ tenant_id: 't1', event: name });

    await produce(event('one'), '{broken', event('two'), { tenant_id: 'nobody', event: 'lost' });
    const first = await startKafka(bed.database, bed.clock, settings);
    await vi.waitFor(async () => expect(await stored()).toEqual(['one', 'two']), {
      timeout: 60_000,
      interval: 200,
    });
    await vi.waitFor(
      async () =>
        expect(await bed.rows("select pulled, rejected from telemetry_source where id = 'kafka'")).toEqual([
          { pulled: 2, rejected: 2 },
        ]),
      { timeout: 60_000, interval: 200 },
    );
    await first?.stop();

    await produce(event('three'));
    const second = await startKafka(bed.database, bed.clock, settings);
    await vi.waitFor(async () => expect(await stored()).toEqual(['one', 'three', 'two']), {
      timeout: 60_000,
      interval: 200,
    });
    await vi.waitFor(
      async () =>
        expect(
          // A connection that came late is counted as an error, rightly; nothing is lost or doubled by it.
          await bed.rows("select pulled, rejected from telemetry_source where id = 'kafka'"),
        ).toEqual([{ pulled: 3, rejected: 2 }]),
      { timeout: 60_000, interval: 200 },
    );
    await second?.stop();

    // Another group reads everything again: the places in the log are the same ids, so nothing is written twice.
    const again = await startKafka(bed.database, bed.clock, { ...settings, group: 'other-group' });
    await vi.waitFor(
      async () =>
        expect(await bed.rows("select rejected from telemetry_source where id = 'kafka'")).toEqual([
          { rejected: 4 },
        ]),
      { timeout: 60_000, interval: 200 },
    );
    expect(await stored()).toEqual(['one', 'three', 'two']);
    await again?.stop();
    await producer.disconnect();
  });
});
