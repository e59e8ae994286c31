import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { budgetBuckets } from '../metrics/metrics.ts';
import type { ReadContext } from '../trpc/context.ts';
import { budgetControl } from './budgets.ts';

function measured() {
  const registry = new Registry();
  const seconds = new Histogram({
    name: 'atom_procedure_duration_seconds',
    help: 'h',
    labelNames: ['procedure', 'outcome'],
    buckets: budgetBuckets,
    registers: [registry],
  });
  const control = budgetControl(registry, procedure => procedure === 'a.change');
  return {
    calls: (procedure: string, n: number, took: number, outcome = 'ok') => {
      for (let i = 0; i < n; i++) seconds.observe({ procedure, outcome }, took);
    },
    look: () => control.run({} as ReadContext),
  };
}

it('passes within the budget of each kind, and fails beyond it', async () => {
  const { calls, look } = measured();
  calls('a.list', 95, 0.1);
  calls('a.list', 5, 0.7);
  calls('a.change', 30, 1.5);
  expect(await look()).toMatchObject({ result: 'PASS' });
  calls('a.list', 94, 0.1);
  calls('a.list', 6, 0.7);
  expect(await look()).toEqual({ result: 'FAIL', reason: 'a.list: 6 of 100 calls were over budget' });
  calls('a.change', 20, 3);
  expect((await look()).reason).toBe('a.change: 20 of 20 calls were over budget');
});

it('judges what was called since the last look, and not by a handful of calls or by refusals', async () => {
  const { calls, look } = measured();
  calls('a.list', 50, 3);
  expect((await look()).result).toBe('FAIL');
  calls('a.list', 50, 0.01);
  expect((await look()).result).toBe('PASS');
  calls('a.list', 3, 9);
  calls('a.list', 50, 9, 'denied');
  expect(await look()).toMatchObject({ result: 'N/A', reason: expect.stringMatching(/^3 calls/) });
});
