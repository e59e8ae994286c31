import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { openDatabase } from '../db/database.ts';
import { watchWorkers } from './dead-workers.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const holders = async () =>
  (
    await bed.rows<{ by: string | null }>(
      'select locked_by as by from graphile_worker._private_jobs union all select locked_by from graphile_worker._private_job_queues',
    )
  ).map(row => row.by);

it('gives the jobs of a worker that was killed to the others, and leaves one that lives alone', async () => {
  for (const [queue, by] of [
    ['one', 'killed'],
    ['two', 'alive'],
  ]) {
    await bed.rows("select graphile_worker.add_job('anything', queue_name := $1)", [queue]);
    await bed.rows(
      `update graphile_worker._private_jobs j set locked_at = now(), locked_by = $2 from graphile_worker._private_job_queues q
       where q.id = j.job_queue_id and q.queue_name = $1`,
      [queue, by],
    );
    await bed.rows(
      'update graphile_worker._private_job_queues set locked_at = now(), locked_by = $2 where queue_name = $1',
      [queue, by],
    );
  }
  const there = openDatabase(bed.adminUrl);
  const alive = watchWorkers(there.pool('atom_owner'), bed.clock, () => ['alive']);
  const mine = watchWorkers(bed.database.pool('atom_owner'), bed.clock, () => ['mine']);
  await alive.step();
  // Once is no proof: the session of one that lives may just be made anew.
  expect(await mine.step()).toBe(0);
  bed.clock.advance(29_000);
  expect(await mine.step()).toBe(0);
  expect((await holders()).filter(by => by === 'killed')).toHaveLength(2);
  bed.clock.advance(1000);
  expect(await mine.step()).toBe(1);
  expect((await holders()).sort()).toEqual(['alive', 'alive', null, null]);
  await alive.release();
  await there.close();
  await mine.step();
  bed.clock.advance(30_000);
  expect(await mine.step()).toBe(1);
  expect((await holders()).every(by => by === null)).toBe(true);
  await mine.release();
});
