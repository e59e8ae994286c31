import { Histogram, Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { budgetBuckets } from '../metrics/metrics.ts';
import { budgetControl } from './budgets.ts';
import { callCounter } from './call-counts.ts';

let bed: TestBed;
beforeEach(async () => {
  bed = await testBed();
});
afterEach(() => bed.close());

/** One process of the console: its own registry, the same database. */
function process() {
  const registry = new Registry();
  const seconds = new Histogram({
    name: 'atom_procedure_duration_seconds',
    help: 'h',
    labelNames: ['procedure', 'outcome'],
    buckets: budgetBuckets,
    registers: [registry],
  });
  const flush = callCounter(bed.system, registry, procedure => procedure === 'a.change');
  return {
    flush,
    calls: (procedure: string, n: number, took: number, outcome = 'ok') => {
      for (let i = 0; i < n; i++) seconds.observe({ procedure, outcome }, took);
    },
  };
}
const look = () => budgetControl().run(bed.system);

it('judges the calls of all processes together, by the budget of each kind', async () => {
  const [web, worker] = [process(), process()];
  web.calls('a.list', 94, 0.1);
  worker.calls('a.list', 1, 0.1);
  worker.calls('a.list', 5, 0.7);
  web.calls('a.change', 30, 1.5);
  await Promise.all([web.flush(), worker.flush()]);
  expect(await look()).toMatchObject({ result: 'PASS', reason: expect.stringContaining('130 calls') });
  web.calls('a.list', 10, 0.7);
  await web.flush();
  expect(await look()).toEqual({ result: 'FAIL', reason: 'a.list: 15 of 110 calls were over budget' });
  web.calls('a.change', 20, 3);
  await web.flush();
  expect((await look()).reason).toContain('a.change: 20 of 50 calls were over budget');
});

it('forgets after ten minutes, counts nothing twice, and judges neither a handful of calls nor refusals', async () => {
  const web = process();
  web.calls('a.list', 50, 3);
  await web.flush();
  expect(await web.flush()).toBe(0);
  expect((await look()).result).toBe('FAIL');
  bed.clock.advance(11 * 60_000);
  web.calls('a.list', 3, 9);
  web.calls('a.list', 50, 9, 'denied');
  await web.flush();
  expect(await look()).toMatchObject({ result: 'N/A', reason: expect.stringMatching(/^3 calls/) });
});

it('counts again what could not be written', async () => {
  const web = process();
  web.calls('a.list', 30, 0.1);
  await bed.rows('alter table procedure_minute rename to away');
  await expect(web.flush()).rejects.toThrow();
  await bed.rows('alter table away rename to procedure_minute');
  expect(await web.flush()).toBe(1);
  expect(await bed.rows('select total from procedure_minute')).toEqual([{ total: 30 }]);
});
