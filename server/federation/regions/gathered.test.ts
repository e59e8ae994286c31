import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchDigest } from '#kernel/ledger/batch.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { heartbeatEnvelope, type RegionKeyPair, registerTestRegion } from '#scripts/testing/regions.ts';
import '#server/root.ts';
import { notableBeat } from './rules/heartbeat.ts';
import { recordGathered } from './service/gathered.ts';
import { acceptHeartbeats } from './service/heartbeat.ts';
import { forgetBeats } from './service/life.ts';

let bed: TestBed;
const keys = new Map<string, RegionKeyPair>();
beforeAll(async () => {
  bed = await testBed();
  for (const [name, country] of [
    ['eu-west', 'IE'],
    ['us-east', 'US'],
  ] as const)
    keys.set(name, await registerTestRegion(bed, { name, country }));
});
afterAll(() => bed.close());

const beat = (name: string, sequence = bed.clock.now().getTime()) =>
  heartbeatEnvelope(keys.get(name) as RegionKeyPair, { name, sequence, at: bed.clock.now() });
const round = (...names: string[]) => {
  bed.clock.advance(2000);
  return acceptHeartbeats(
    bed.system,
    names.map(name => beat(name)),
  );
};
const entries = async (type: string) =>
  (await bed.rows<{ body: Buffer }>(`select body from ledger_entry where type = '${type}' order by id`)).map(
    row => JSON.parse(String(row.body)) as { at: string; detail: { [key: string]: Json } },
  );
const owed = () => bed.rows('select 1 from region_beat where recorded_at is null');

it('a first beat is an entry at once; those that follow are owed one, and leave one a minute with their root', async () => {
  await round('eu-west', 'us-east');
  expect(await entries('region.heard')).toHaveLength(2);
  for (let i = 0; i < 29; i++) {
    await round('eu-west', 'us-east');
    expect(await recordGathered(bed.system)).toBe(0);
  }
  expect(await entries('region.heartbeats')).toEqual([]);
  await round('eu-west');
  expect(await recordGathered(bed.system)).toBe(61);
  const [entry, ...more] = await entries('region.heartbeats');
  expect(more).toEqual([]);
  const facts = await bed.rows<{ region: string; sequence: number; at: string }>(
    'select region_id as region, sequence, at from region_beat order by region_id collate "C", sequence',
  );
  expect(entry?.detail).toMatchObject({
    regions: ['eu-west', 'us-east'],
    regionCount: 2,
    ...batchDigest(facts),
  });
  expect(await recordGathered(bed.system)).toBe(0);
  expect(await entries('region.heartbeat_gap')).toEqual([]);
  expect(await entries('region.heard')).toHaveLength(2);
});

it('what a process that ended left behind is found by the next one, once, whoever looks', async () => {
  await round('eu-west', 'us-east');
  bed.clock.advance(3_600_000);
  const done = await Promise.all([1, 2, 3].map(() => recordGathered(bed.system)));
  expect(done.sort()).toEqual([0, 0, 2]);
  expect(await owed()).toEqual([]);
  expect(await entries('region.heartbeats')).toHaveLength(2);
});

it('an entry that cannot be written leaves its beats owed', async () => {
  await round('eu-west');
  await round('eu-west');
  bed.clock.advance(60_000);
  await bed.rows('alter table ledger_entry rename to ledger_entry_away');
  try {
    await expect(recordGathered(bed.system)).rejects.toThrow();
  } finally {
    await bed.rows('alter table ledger_entry_away rename to ledger_entry');
  }
  // The first of the two followed an hour of silence, and is proved with the others all the same.
  expect(await owed()).toHaveLength(2);
  expect(await recordGathered(bed.system)).toBe(2);
});

it('a gap is an entry at once: silence, numbers left out, a number that no clock explains', async () => {
  const before = (await entries('region.heartbeat_gap')).length;
  await round('us-east');
  const gaps = (await entries('region.heartbeat_gap')).slice(before);
  expect(gaps.map(gap => gap.detail)).toMatchObject([
    { silentMs: expect.any(Number), missed: null, leapt: false },
  ]);
  const now = bed.clock.now();
  const heard = (sequence: number, agoMs: number) => ({
    sequence,
    heardAt: new Date(now.getTime() - agoMs).toISOString(),
  });
  expect(notableBeat({ sequence: 0, heardAt: null }, 1, now, 5000)).toEqual({ type: 'region.heard' });
  expect(notableBeat(heard(7, 2000), 8, now, 5000)).toBeNull();
  expect(notableBeat(heard(7, 2000), 11, now, 5000)).toMatchObject({ missed: 3, leapt: false });
  expect(notableBeat(heard(now.getTime() - 2000, 2000), now.getTime(), now, 5000)).toBeNull();
  expect(notableBeat(heard(now.getTime() - 5000, 5000), now.getTime(), now, 5000)).toMatchObject({
    silentMs: 5000,
  });
  expect(notableBeat(heard(now.getTime() - 2000, 2000), 9e15, now, 5000)).toMatchObject({ leapt: true });
});

it('beats are forgotten two hours after their entry, and never before they have one', async () => {
  await round('eu-west');
  bed.clock.advance(3 * 3_600_000);
  await forgetBeats(bed.system);
  expect((await owed()).length).toBeGreaterThan(0);
  await recordGathered(bed.system);
  bed.clock.advance(3 * 3_600_000);
  await forgetBeats(bed.system);
  expect(await bed.rows('select 1 from region_beat')).toEqual([]);
});
