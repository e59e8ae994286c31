import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { until } from '#scripts/testing/until.ts';
import { defineJob } from './declare.ts';
import { runJobs } from './run.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const done: string[] = [];
const noting = defineJob({
  name: 'test.noting',
  title: 'Notes its name',
  payload: z.strictObject({ name: z.string() }),
  timeoutSeconds: 60,
  maxAttempts: 3,
  run: async ({ name }) => void done.push(name),
});
const add = (name: string) =>
  bed.rows("select graphile_worker.add_job('test.noting', json_build_object('name', $1::text))", [name]);
const left = async () => (await bed.rows('select 1 from graphile_worker._private_jobs')).length;

it('goes on after it could not write down that a job is done: that one is done again, and those that follow', async () => {
  await bed.rows(`create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'the database is away'; end $$`);
  await bed.rows(
    'create trigger refuse before delete on graphile_worker._private_jobs execute function refuse()',
  );
  const runner = await runJobs(bed.database, bed.clock, [noting]);
  try {
    await add('first');
    await until('the first to be done', () => done.length > 0);
    await until('the engine to give up, and to begin again', () => done.length > 1);
    await bed.rows('drop trigger refuse on graphile_worker._private_jobs');
    await until('the first to be written down', async () => (await left()) === 0);
    await add('second');
    await until('the second to be done', () => done.includes('second'));
    await until('the second to be written down', async () => (await left()) === 0);
    expect(new Set(done)).toEqual(new Set(['first', 'second']));
  } finally {
    await runner.stop();
  }
});

it('ends while it waits to begin again', async () => {
  await bed.rows(
    'create trigger refuse before delete on graphile_worker._private_jobs execute function refuse()',
  );
  done.length = 0;
  const runner = await runJobs(bed.database, bed.clock, [noting]);
  await add('third');
  await until('the third to be done', () => done.length > 0);
  await runner.stop();
  await bed.rows('drop trigger refuse on graphile_worker._private_jobs');
});
