import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { announceJobs } from '#kernel/jobs/announce.ts';
import { defineJob } from '#kernel/jobs/declare.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { loopStates, startLoop } from '#kernel/jobs/loop.ts';
import { reportLoops } from '#kernel/jobs/loop-report.ts';
import { runJobs } from '#kernel/jobs/run.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { until } from '#scripts/testing/until.ts';
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
  timeoutSeconds: 60,
  maxAttempts: 1,
  run: async ({ name }) => {
    if (fail) throw new Error(`no luck with postgresql://user:hunter2@db/x for ${name}`);
    seen.push(name);
  },
});

describe('loops', () => {
  it('are told of by each worker, without secrets, and forgotten when it ends', async () => {
    const failing = startLoop('test.loop', 5, async () =>
      Promise.reject(new Error('no postgresql://u:hunter2@h/d')),
    );
    await until('a failure', () => (loopStates().find(l => l.name === 'test.loop')?.failures ?? 0) > 0);
    const reporting = reportLoops(bed.database.pool('atom_owner'), 'here:1');
    await reporting.report();
    await failing.stop();
    const { loops } = await jobs().overview();
    expect(loops).toMatchObject([{ name: 'test.loop', idleMs: 5, okAt: null, lagMs: null }]);
    expect(JSON.stringify(loops)).not.toContain('hunter2');
    await reporting.stop();
    expect((await jobs().overview()).loops).toEqual([]);
  });
});

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
      await until(
        'the job to fail',
        async () => (await jobs().list({ states: ['failed'] })).rows.length === 1,
      );
      const [failed] = (await jobs().list({ states: ['failed'] })).rows;
      expect(failed).toMatchObject({ task: 'test.wobbly', attempts: 1, maxAttempts: 1 });
      expect(failed?.lastError).toContain('no luck');
      expect(failed?.lastError).not.toContain('hunter2');
      fail = false;
      seen = [];
      await jobs().retry({ id: failed?.id ?? 0 });
      await until('the job to run', () => seen.length === 1);
      await until('the job to be forgotten', async () => (await jobs().list({})).rows.length === 0);
      expect(
        await bed.rows('select type from ledger_entry where target = $1', [`job:${failed?.id}`]),
      ).toEqual([{ type: 'job.retried' }]);
    } finally {
      await runner.stop();
    }
    const overview = await jobs().overview();
    expect(overview.jobs).toMatchObject([
      { name: 'test.wobbly', title: 'Fails while told to', ok: 1, failed: 1, schedule: null, nextAt: null },
    ]);
  });

  it('show what the workers announced, when it comes next, and each queue', async () => {
    const nightly = {
      ...wobbly,
      name: 'test.nightly' as const,
      title: 'At four',
      schedule: '0 4 * * *',
      queue: 'nights',
    };
    const pool = bed.database.pool('atom_owner');
    await announceJobs(pool, [wobbly, nightly], bed.clock.now());
    const next = new Date(bed.clock.now());
    next.setUTCHours(4, 0, 0, 0);
    if (next <= bed.clock.now()) next.setUTCDate(next.getUTCDate() + 1);
    await bed.system.commit(
      {
        type: 'test.asked',
        jobs: [
          { task: 'test.nightly', payload: { name: 'b' }, queue: 'nights' },
          { task: 'test.wobbly', payload: { name: 'c' } },
        ],
      },
      async () => {},
    );
    await createDispatcher(pool).step();
    const overview = await jobs().overview();
    expect(overview.jobs.map(j => [j.name, j.schedule, j.nextAt])).toEqual([
      ['test.nightly', '0 4 * * *', next.toISOString()],
      ['test.wobbly', null, null],
    ]);
    expect(overview.queues).toMatchObject([
      { name: null, running: 0, waiting: 1, failed: 0 },
      { name: 'nights', running: 0, waiting: 1, failed: 0 },
    ]);
    await announceJobs(pool, [wobbly], bed.clock.now());
    expect((await jobs().overview()).jobs.map(j => j.name)).toEqual(['test.wobbly']);
    const waiting = (await jobs().list({ states: ['waiting'] })).rows;
    await Promise.all(waiting.map(job => jobs().cancel({ id: job.id })));
    expect((await jobs().overview()).queues).toEqual([]);
    const types = await bed.rows("select type from ledger_entry where type = 'job.cancelled'");
    expect(types).toHaveLength(2);
  });

  it('leave a running one alone', async () => {
    await bed.system.commit(
      { type: 'test.asked', jobs: [{ task: 'test.wobbly', payload: { name: 'd' } }] },
      async () => {},
    );
    await createDispatcher(bed.database.pool('atom_owner')).step();
    const [job] = (await jobs().list({})).rows;
    const id = job?.id ?? 0;
    await bed.rows(
      "update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where id = $1",
      [id],
    );
    await expect(jobs().retry({ id })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(jobs().cancel({ id })).rejects.toMatchObject({ code: 'CONFLICT' });
    await bed.rows('delete from graphile_worker._private_jobs where id = $1', [id]);
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
