import { expect, it } from 'vitest';
import { noResult, runInBatches } from './bulk-run.ts';

const ids = ['a', 'b', 'c', 'd', 'e'];
const all = async (batch: string[]) => ({ ...noResult, changed: batch });

it('says truly how far it is', async () => {
  const seen: number[] = [];
  const result = await runInBatches(
    ids,
    2,
    all,
    done => seen.push(done),
    () => false,
  );
  expect(seen).toEqual([2, 4, 5]);
  expect(result.changed).toEqual(ids);
});

it('stops between batches when asked', async () => {
  let done = 0;
  const result = await runInBatches(
    ids,
    2,
    all,
    n => (done = n),
    () => done >= 2,
  );
  expect(result.changed).toEqual(['a', 'b']);
});

it('keeps what was done, and names what a lost batch meant', async () => {
  const run = (batch: string[]) =>
    batch.includes('c') ? Promise.reject(new Error('The console cannot be reached.')) : all(batch);
  const result = await runInBatches(
    ids,
    2,
    run,
    () => {},
    () => false,
  );
  expect(result.changed).toEqual(['a', 'b']);
  expect(result.failed).toEqual([
    { id: 'c', message: 'The console cannot be reached.' },
    { id: 'd', message: 'The console cannot be reached.' },
  ]);
});
