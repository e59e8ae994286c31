import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { until } from '#scripts/testing/until.ts';
import { createCaller } from '#server/root.ts';
import { openDatabase } from '../db/database.ts';
import type { DeclaredLoop } from './declare.ts';
import { loopStates } from './loop.ts';
import { reportLoops } from './loop-report.ts';
import { runLoops } from './run-loops.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

it('has one worker at each loop, and another one takes it over when the session of the first is gone', async () => {
  const looks = { a: 0, b: 0 };
  const same = (who: 'a' | 'b'): DeclaredLoop => ({
    name: 'test.same',
    title: 'Looks',
    idleMs: 5,
    run: async () => {
      looks[who] += 1;
      return { done: 1, said: `${looks[who]} looks by ${who}` };
    },
  });
  const other = openDatabase(bed.adminUrl);
  const first = runLoops(bed.database, bed.clock, [same('a')]);
  await until('the first worker to look', () => looks.a > 0);
  const second = runLoops(other, bed.clock, [same('b')]);
  const before = looks.a;
  await until('twenty more looks', () => looks.a > before + 20);
  expect(looks.b).toBe(0);

  await bed.rows(
    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())",
  );
  await first.stop();
  await until('the second worker to look', () => looks.b > 0);
  await second.stop();
  await other.close();
});

it('says who does it and what the last look came to; a loop that fails is seen to', async () => {
  let fail = false;
  const rounds = runLoops(bed.database, bed.clock, [
    {
      name: 'test.said',
      title: 'Says something',
      idleMs: 5,
      run: async () => {
        if (fail) throw new Error('no more');
        return { done: 0, said: 'three relays, no discrepancy' };
      },
    },
    { name: 'test.never', title: 'Not here', idleMs: 5, needed: () => false, run: async () => 1 },
  ]);
  const reporting = reportLoops(bed.database.pool('atom_owner'), 'here:1');
  const overview = async () => {
    await reporting.report();
    return (await createCaller(bed.as(person('operator'))).jobs.overview()).loops;
  };
  await until('the loop to be held', () => loopStates().some(state => state.holding));
  expect(await overview()).toMatchObject([
    { name: 'test.said', said: 'three relays, no discrepancy', holder: 'here:1', done: 0, workers: 1 },
  ]);
  fail = true;
  await until('a failure', () => loopStates().some(state => state.failures > 0));
  expect(await overview()).toMatchObject([{ state: 'failing', lastError: 'no more' }]);
  await rounds.stop();
  await reporting.stop();
});

it('lets what it looks at come back first, where it says so', async () => {
  let looks = 0;
  const rounds = runLoops(bed.database, bed.clock, [
    { name: 'test.settles', title: 'Waits', idleMs: 5, settleMs: 30_000, run: async () => ++looks },
  ]);
  await until('the loop to wait', () =>
    loopStates().some(state => state.said?.startsWith('not yet') === true),
  );
  expect(looks).toBe(0);
  bed.clock.advance(30_000);
  await until('a look', () => looks > 0);
  await rounds.stop();
});

it('is told to end while it looks', async () => {
  let told = false;
  let began = false;
  const rounds = runLoops(bed.database, bed.clock, [
    {
      name: 'test.long',
      title: 'Takes long',
      idleMs: 5,
      run: ({ signal }) =>
        new Promise(resolve => {
          began = true;
          signal.addEventListener('abort', () => {
            told = true;
            resolve(0);
          });
        }),
    },
  ]);
  await until('the look to begin', () => began);
  await rounds.stop();
  expect(told).toBe(true);
});
