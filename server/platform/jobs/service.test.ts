import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '#kernel/jobs/declare.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { runJobs } from '#kernel/jobs/run.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { createCaller } from '#server/root.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const jobs = () => createCaller(bed.as(person('operator'))).jobs;
let seen: string[] = [];
let fail = true;
const wobbly = defineJob({
  name: 'test.wobbly',
  title: 'Fails while told to',
  payload: z.strictObject({ name: z.string() }),
  timeoutSeconds: 5,
  maxAttempts: 1,
  run: async ({ name }) => {
    if (fail) throw new Error(`no luck with postgresql://user:hunter2@db/x for ${name}`);
    seen.push(name);
  },
});

async function until(done: () => Promise<boolean>) {
  for (let i = 0; i < 400; i++) {
    if (await done()) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  expect.fail('It did not happen.');
}

describe('jobs', () => {
  it('run when the commit that asked for them is there, fail visibly without secrets, and run again on retry', async () => {
    await bed.system.commit(
      { type: 'test.asked', jobs: [{ task: 'test.wobbly', payload: { name: 'a' }, maxAttempts: 1 }] },
      async () => {},
    );
    expect((await jobs().overview()).counts.waiting).toBe(0);
    await createDispatcher(bed.database.pool('atom_owner')).step();
    expect((await jobs().overview()).counts.waiting).toBe(1);
    const runner = await runJobs(bed.database, bed.clock, [wobbly], 1);
    try {
      await until(async () => (await jobs().list({ states: ['failed'] })).rows.length === 1);
      const [failed] = (await jobs().list({ states: ['failed'] })).rows;
      expect(failed).toMatchObject({ task: 'test.wobbly', attempts: 1, maxAttempts: 1 });
      expect(failed?.lastError).toContain('no luck');
      expect(failed?.lastError).not.toContain('hunter2');
      fail = false;
      seen = [];
      await jobs().retry({ id: failed?.id ?? 0 });
      await until(async () => seen.length === 1);
      await until(async () => (await jobs().list({})).rows.length === 0);
      expect(
        await bed.rows('select type from ledger_entry where target = $1', [`job:${failed?.id}`]),
      ).toEqual([{ type: 'job.retried' }]);
    } finally {
      await runner.stop();
    }
    const { schedules } = await jobs().overview();
    expect(schedules.find(s => s.name === 'test.wobbly')).toMatchObject({ ok: 1, failed: 1 });
  });

  it('refuses unknown jobs and people without the permission', async () => {
    await expect(jobs().retry({ id: 999 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const auditor = createCaller(bed.as(person('auditor'))).jobs;
    await expect(auditor.retry({ id: 1 })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await auditor.overview()).counts.failed).toBe(0);
    await expect(createCaller(bed.as(person('approver'))).jobs.list({})).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
