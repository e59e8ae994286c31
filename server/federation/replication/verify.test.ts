import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '../tenants/schema.ts';
import { createTenant } from '../tenants/service.ts';
import { leakControl, parityControl } from './controls.ts';
import { streamInput } from './schema.ts';
import {
  carryOut,
  compareTable,
  createStream,
  lookAtStreams,
  pauseStream,
  resumeStream,
  scanStream,
  verifyDue,
} from './service.ts';

let bed: TestBed;
const id = 'sim';
const hours = async (n: number) => {
  bed.clock.advance(n * 3_600_000);
  await lookAtStreams(bed.system);
};
const open = () =>
  bed.rows<{ id: string; rate: number }>(
    "select id, rows_per_second as rate from replication_parity where state = 'running'",
  );
/** What the queue would do. */
const carry = async () => {
  for (const run of await open()) await compareTable(bed.system, run.id);
  await scanStream(bed.system, id);
};
const judged = async () =>
  [await parityControl.run(bed.system), await leakControl.run(bed.system)].map(found => found.result);

beforeAll(async () => {
  bed = await testBed();
  for (const [name, country] of [
    ['ap-south', 'IN'],
    ['ap-northeast', 'JP'],
  ] as const)
    await registerTestRegion(bed, { name, country });
  await createTenant(
    bed.system,
    createTenantInput.parse({
      ...{ id: 'delta', name: 'delta', environment: 'simulation', homeRegion: 'ap-south' },
    }),
  );
  await createStream(
    bed.system,
    streamInput.parse({
      ...{ id, publisher: 'ap-south', subscriber: 'ap-northeast', tenants: ['delta'] },
      tables: [{ table: 'app.orders' }],
    }),
  );
  await carryOut(bed.system, id);
  await lookAtStreams(bed.system);
});
afterAll(() => bed.close());

it('what was never verified is asked for once, gently, and so is what was six hours ago', async () => {
  expect(await judged()).toEqual(['BLOCKED', 'BLOCKED']);
  expect(await verifyDue(bed.system)).toEqual([id]);
  expect(await open()).toMatchObject([{ rate: 20_000 }]);
  expect(await verifyDue(bed.system)).toEqual([]);
  await carry();
  expect(await judged()).toEqual(['PASS', 'PASS']);
  await hours(5);
  expect(await verifyDue(bed.system)).toEqual([]);
  await hours(2);
  expect(await verifyDue(bed.system)).toEqual([id]);
  // Meanwhile what was proved before still holds.
  expect(await judged()).toEqual(['PASS', 'PASS']);
  await carry();
});

it('evidence older than a day fails both controls', async () => {
  await hours(25);
  expect(await parityControl.run(bed.system)).toEqual({
    result: 'FAIL',
    reason: 'Not compared for 24 hours: sim app.orders',
  });
  expect(await leakControl.run(bed.system)).toEqual({
    result: 'FAIL',
    reason: 'Not searched for 24 hours: sim',
  });
});

it('a stream that is paused is left out until it goes on', async () => {
  await pauseStream(bed.system, id);
  await carryOut(bed.system, id);
  await lookAtStreams(bed.system);
  expect(await verifyDue(bed.system)).toEqual([]);
  await resumeStream(bed.system, id);
  await carryOut(bed.system, id);
  await lookAtStreams(bed.system);
  expect(await verifyDue(bed.system)).toEqual([id]);
  await carry();
  expect(await judged()).toEqual(['PASS', 'PASS']);
});

it('what only a search of all values found is searched for in the same way', async () => {
  const leak = { table: 'app.orders', column: 'status', kind: 'raw-value', rows: 1, keys: ['1'] };
  await bed.rows('update replication_scan set whole = true, leaks = $1', [JSON.stringify([leak])]);
  await hours(7);
  const jobs = () =>
    bed.rows("select 1 from outbox where body::text like '%replication.scan_whole%'").then(r => r.length);
  const before = await jobs();
  expect(await verifyDue(bed.system)).toEqual([id]);
  expect(await jobs()).toBe(before + 1);
});
