import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { until } from '#scripts/testing/until.ts';
import { createDispatcher } from '../jobs/dispatcher.ts';
import { type Bus, openBus } from './bus.ts';
import type { Gap, Notice } from './topics.ts';

let bed: TestBed;
let bus: Bus;
beforeAll(async () => {
  bed = await testBed();
  bus = await openBus(bed.database);
});
afterAll(async () => {
  await bus.close();
  await bed.close();
});

const say = (key: string) =>
  bed.system.commit({ type: 'test.said', topics: [{ topic: 'tests', key }] }, async () => {});
const dispatch = () => createDispatcher(bed.database.pool('atom_owner')).step();

describe('realtime', () => {
  it('delivers a committed notice once, in order, and nothing of a rolled-back commit', async () => {
    const seen: (Notice | Gap)[] = [];
    const stop = bus.subscribe(event => seen.push(event));
    await say('a');
    await bed.system
      .commit({ type: 'test.said', topics: [{ topic: 'tests', key: 'lost' }] }, async () =>
        Promise.reject(new Error('no')),
      )
      .catch(() => {});
    await say('b');
    await dispatch();
    await until('two events', () => seen.length >= 2);
    expect(seen).toHaveLength(2);
    expect(seen).toMatchObject([{ topic: 'tests', key: 'a', type: 'test.said' }, { key: 'b' }]);
    stop();
  });

  it('catches up after its connection was killed', async () => {
    const seen: (Notice | Gap)[] = [];
    const stop = bus.subscribe(event => seen.push(event));
    await bed.database
      .pool('atom_app')
      .query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'atom realtime' and datname = current_database()",
      );
    await say('c');
    await dispatch();
    await until('one event', () => seen.length >= 1);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ key: 'c' });
    stop();
  });

  it('replays what a reader missed, and says so when the beginning is gone', async () => {
    const from = bus.cursor();
    await say('d');
    await say('e');
    await dispatch();
    await until('both to be passed on', () => bus.cursor() === from + 2);
    const seen: (Notice | Gap)[] = [];
    bus.subscribe(event => seen.push(event), from);
    await until('two events', () => seen.length >= 2);
    expect(seen).toHaveLength(2);
    await bed.rows('delete from realtime_event where id <= $1', [from + 1]);
    const late: (Notice | Gap)[] = [];
    bus.subscribe(event => late.push(event), from);
    await until('one event', () => late.length >= 1);
    expect(late).toHaveLength(1);
    expect(late[0]).toMatchObject({ gap: true });
  });

  it('enqueues jobs of a commit once, the later request of one key winning', async () => {
    const ask = (n: number) =>
      bed.system.commit(
        { type: 'test.asked', jobs: [{ task: 'test.run', payload: { n }, key: 'k' }] },
        async () => {},
      );
    await ask(1);
    await ask(2);
    await dispatch();
    await dispatch();
    const jobs = await bed.rows('select payload from graphile_worker._private_jobs');
    expect(jobs).toEqual([{ payload: { n: 2 } }]);
    expect(await bed.rows('select 1 from outbox')).toEqual([]);
  });
});
