import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { current, explained } from './controls.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const add = (id: string, security: number, contributions: unknown[]) =>
  bed.rows(
    `insert into governance_risks (tenant_id, id, at, security, cost, performance, reliability, compliance, level, contributions, inputs, simulated)
     values ('t1', $1, $2, $3, 0, 0, 0, 0, 'low', $4::jsonb, '-', true)`,
    [id, bed.clock.now(), security, JSON.stringify(contributions)],
  );

it('says nothing before anything was scored, passes with reasons, and fails with a score out of nowhere', async () => {
  expect((await explained.run(bed.system)).result).toBe('N/A');
  expect((await current.run(bed.system)).result).toBe('BLOCKED');
  await add('a', 0, []);
  await add('b', 20, [{ feature: 'rule:x' }]);
  expect((await explained.run(bed.system)).result).toBe('PASS');
  expect((await current.run(bed.system)).result).toBe('PASS');
  await add('c', 20, []);
  expect(await explained.run(bed.system)).toEqual({
    result: 'FAIL',
    reason: '1 of 3 scores of the last day name none',
  });
});

it('fails when the rounds stand still', async () => {
  bed.clock.advance(121_000);
  expect((await current.run(bed.system)).result).toBe('FAIL');
});
