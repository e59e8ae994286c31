import { describe, expect, it } from 'vitest';
import type { Database } from '#kernel/db/database.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { person } from '#scripts/testing/database.ts';
import { failoverWorld, orderSql, refused } from '#scripts/testing/failover.ts';
import { until } from '#scripts/testing/until.ts';
import { createCaller } from '#server/root.ts';
import { oneWriter } from './controls.ts';
import {
  judgeLosses,
  keepLeases,
  planFailover,
  readFailover,
  resumeFailovers,
  runFailover,
} from './service.ts';

const { world, eu, us } = failoverWorld({ leases: false });
const api = () => createCaller(world.bed.as(person('operator'))).edgeRouting;
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.cause?.code ?? error.code,
  );
/** As the tenant's service: accepted, or the SQLSTATE of the refusal. */
const readRun = async (id: string) => createCaller(world.bed.as(person('operator'))).edgeRouting.get({ id });

describe('the right to write', () => {
  it('is refused by a region’s own database until a lease was given, and where there is none', async () => {
    expect(await world.write('eu-west')).toBe(refused);
    await keepLeases(world.ctx());
    await world.accepted('eu-west');
    expect(await world.write('us-east')).toBe(refused);
    expect((await oneWriter.run(world.ctx())).result).toBe('PASS');
  });

  it('lapses by itself when nobody renews it', async () => {
    await eu().query(
      "update atom_region.write_lease set expires_at = clock_timestamp() - interval '1 millisecond'",
    );
    expect(await world.write('eu-west')).toBe(refused);
    await keepLeases(world.ctx());
    await world.accepted('eu-west');
  });

  it('a renewal that lay in a socket cannot extend it: it reaches no further than its reading of the clock', async () => {
    const { realFencing } = await import('./gateway.real.ts');
    const { clock } = await realFencing.now('eu-west');
    const [before] = await eu().query<{ at: string }>(
      'select expires_at::text as at from atom_region.write_lease',
    );
    await new Promise(resolve => setTimeout(resolve, 50));
    await realFencing.renew('eu-west', 1, '2020-01-01 00:00:00+00');
    expect(await eu().query('select expires_at::text as at from atom_region.write_lease')).toEqual([before]);
    await realFencing.renew('eu-west', 1, clock);
    const [after] = await eu().query<{ is: boolean }>(
      "select expires_at <= clock_timestamp() + interval '4.96 seconds' as is from atom_region.write_lease",
    );
    expect(after?.is).toBe(true);
  });

  it('is in doubt when the clock went backwards', async () => {
    await eu().query(
      "update atom_region.write_lease set renewed_at = clock_timestamp() + interval '1 minute', expires_at = clock_timestamp() + interval '2 minutes'",
    );
    expect(await world.write('eu-west')).toBe(refused);
    await eu().query('delete from atom_region.write_lease');
    await keepLeases(world.ctx());
  });

  it('the control fails where a second region would accept writes', async () => {
    await us().query(
      "insert into atom_region.write_lease values (true, 'us-east', 1, clock_timestamp(), clock_timestamp() + interval '10 s')",
    );
    expect(await oneWriter.run(world.ctx())).toMatchObject({
      result: 'FAIL',
      reason: expect.stringContaining('us-east would accept'),
    });
    await us().query('delete from atom_region.write_lease');
  });
});

describe('before a failover', () => {
  it('what is not connected is not ready, and says so', async () => {
    const verdict = await api().readiness({ from: 'eu-west', to: 'us-east' });
    expect(verdict.ready).toBe(false);
    expect(verdict.rows.filter(r => r.result === 'not-connected').map(r => r.id)).toEqual([
      'secrets',
      'images',
      'region-restore',
    ]);
    expect(verdict.state).toBe('not-ready');
    for (const row of verdict.rows) expect(row.mend === null).toBe(['ready', 'note'].includes(row.result));
    expect(verdict.rows.find(r => r.id === 'parity')?.result).toBe('unknown');
    expect(verdict.rows.find(r => r.id === 'trust')?.result).toBe('unknown');
    expect(verdict.rows.find(r => r.id === 'restore')?.result).toBe('not-ready');
    expect(await code(api().execute({ from: 'eu-west', to: 'us-east', reason: 'test' }))).toBe(
      'failover.not_ready',
    );
    expect(await code(api().execute({ from: 'us-east', to: 'eu-west', reason: 'test' }))).toBe(
      'failover.no_mirror',
    );
  });

  it('a dry run gives the same steps and changes nothing', async () => {
    const plan = await api().plan({ from: 'eu-west', to: 'us-east' });
    const dry = await api().execute({ from: 'eu-west', to: 'us-east', reason: 'test', dryRun: true });
    if (!('steps' in dry)) throw new Error('A dry run needs nobody.');
    expect(dry).toMatchObject({ dry: true, state: 'done', rtoSeconds: null });
    expect(dry.steps.map(s => s.title)).toEqual(plan.steps.map(s => s.title));
    expect(plan.predicted.rtoSeconds).toBeGreaterThan(0);
    expect(plan.withheld).toContain('app.customer.email');
    await world.accepted('eu-west');
    expect((await readFailover(world.ctx())).regions.find(r => r.region === 'eu-west')).toMatchObject({
      writes: true,
      fencing: false,
    });
  });

  it('somebody has to agree; without the permission not even that is asked', async () => {
    const asked = await api().execute({
      from: 'eu-west',
      to: 'us-east',
      reason: 'test',
      despiteNotReady: true,
    });
    expect(asked).toMatchObject({ status: 'approval_required' });
    await world.accepted('eu-west');
    const auditor = createCaller(world.bed.as(person('auditor'))).edgeRouting;
    await expect(auditor.execute({ from: 'eu-west', to: 'us-east', reason: 'test' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});

describe('a failover', () => {
  it('of a primary that answers loses nothing, is measured, and goes back', async () => {
    await keepLeases(world.ctx());
    const id = await world.begin('eu-west', 'us-east');
    expect(await code(world.begin('eu-west', 'us-east'))).toBe('failover.running');
    await runFailover(world.ctx(), id);
    const run = await readRun(id);
    expect(run).toMatchObject({
      state: 'done',
      rpoBytes: 0,
      rpoSeconds: 0,
      failback: { from: 'us-east', to: 'eu-west' },
    });
    expect(run.steps.every(s => s.state === 'done')).toBe(true);
    expect(run.rtoSeconds).not.toBeNull();
    await keepLeases(world.ctx()); // as the worker goes on doing
    expect(await world.writes()).toEqual([refused, 'accepted']);
    // Keys given away by the new primary are far from the old one's.
    const [row] = await us().asService(
      't1',
      "insert into app.orders (tenant_id, customer_id, status, amount_cents, currency) values ('t1', 1, 'placed', 1, 'EUR') returning id",
    );
    expect(Number(row?.id)).toBeGreaterThan(world.newest());
    await until(
      'the old primary to follow',
      async () => (await eu().query('select 1 from app.orders where id = $1', [world.newest()])).length === 1,
    );
    const back = await world.begin('us-east', 'eu-west');
    await runFailover(world.ctx(), back);
    expect((await readRun(back)).state).toBe('done');
    await keepLeases(world.ctx());
    expect(await world.writes()).toEqual(['accepted', refused]);
    // What never left its region is still there after both ways.
    expect(await eu().query('select email from app.customer where id = 1')).toEqual([
      { email: 'customer-1@t1.example' },
    ]);
  });

  it('that nobody carries on is asked for again, and goes on where it stood', async () => {
    const id = await world.begin('eu-west', 'us-east');
    const pool = world.bed.database.pool('atom_owner');
    const dispatched = () => createDispatcher(pool).step();
    const jobs = () =>
      world.bed.rows<{ attempts: number }>(
        'select attempts::int from graphile_worker._private_jobs where key = $1',
        [`failover:${id}`],
      );
    const resumed = async () =>
      (await world.bed.rows("select 1 from ledger_entry where type = 'failover.resumed'")).length;
    const before = await resumed();
    await resumeFailovers(world.ctx()); // asked for, not yet handed over
    await dispatched();
    await resumeFailovers(world.ctx());
    expect(await resumed()).toBe(before);
    await pool.query('update graphile_worker._private_jobs set attempts = max_attempts where key = $1', [
      `failover:${id}`,
    ]);
    await resumeFailovers(world.ctx());
    await dispatched();
    expect(await jobs()).toEqual([{ attempts: 0 }]);
    // After a long silence of the target its next try would be hours away.
    await pool.query(
      "update graphile_worker._private_jobs set attempts = 9, run_at = now() + interval '2 h' where key = $1",
      [`failover:${id}`],
    );
    await resumeFailovers(world.ctx());
    await dispatched();
    expect(await jobs()).toEqual([{ attempts: 0 }]);
    await pool.query('delete from graphile_worker._private_jobs where key = $1', [`failover:${id}`]);
    await resumeFailovers(world.ctx());
    await dispatched();
    expect(await jobs()).toEqual([{ attempts: 0 }]);
    expect(await resumed()).toBe(before + 2);
    await runFailover(world.ctx(), id);
    expect(await readRun(id)).toMatchObject({ state: 'done' });
    await resumeFailovers(world.ctx());
    expect(await resumed()).toBe(before + 2);
    expect((await world.switched('us-east', 'eu-west')).state).toBe('done');
  });

  it('of a frozen primary: seen by two observers, and when it wakes it refuses every commit. Never two writers', async () => {
    const watch = world.watch();
    const accepted: { at: string; region: string; id: number }[] = [];
    let own = 500_000;
    let writing = true;
    const writers = (
      [
        ['eu-west', eu],
        ['us-east', us],
      ] as const
    ).map(async ([region, at]) => {
      while (writing) {
        const id = ++own;
        const ok = await at()
          .asService('t1', orderSql(id))
          .then(
            () => true,
            () => false,
          );
        if (ok) accepted.push({ at: new Date().toISOString(), region, id });
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    });
    try {
      await until('a write', async () => accepted.length > 0);
      eu().freeze();
      await until('two observers to agree', async () => {
        const status = await readFailover(world.ctx());
        return status.regions.find(r => r.region === 'eu-west')?.down === true;
      });
      // What would be lost is known beforehand, also now that its lag cannot be read any more.
      const { predicted } = await planFailover(world.ctx(), 'eu-west', 'us-east');
      expect(predicted).toMatchObject({ rpoBytes: expect.any(Number), rpoSeconds: expect.any(Number) });
      const id = await world.begin('eu-west', 'us-east');
      await runFailover(world.ctx(), id);
      const run = await readRun(id);
      expect(run).toMatchObject({ state: 'done', rpoBytes: predicted.rpoBytes });
      expect(run.steps.find(s => s.name === 'fence')?.said).toContain('lapsed');
      expect(run.detectSeconds).not.toBeNull();
      await until('writes in the new primary', async () => accepted.some(a => a.region === 'us-east'));
      const switched = accepted.find(a => a.region === 'us-east')?.at ?? '';
      const [{ n: before } = { n: 0 }] = await us().query<{ n: number }>(
        'select count(*)::int as n from app.orders',
      );
      eu().thaw();
      await until('the old primary to follow', async () => {
        const [stream] = (
          await createCaller(world.bed.as(person('operator'))).replication.status({})
        ).streams.filter(s => s.id === 'eu-us-back');
        return stream?.state === 'active';
      });
      await until('more writes', async () => accepted.filter(a => a.region === 'us-east').length > 20);
      writing = false;
      await Promise.all(writers);
      expect(accepted.filter(a => a.region === 'eu-west' && a.at > switched)).toEqual([]);
      expect(before).toBeGreaterThan(0);
      expect(await world.write('eu-west')).toBe(refused);
      expect((await oneWriter.run(world.ctx())).result).toBe('PASS');
      // No write that was accepted by the new primary is lost, and they reach the old one.
      const mine = accepted.filter(a => a.region === 'us-east').map(a => a.id);
      await until('its writes to arrive', async () => {
        const [row] = await eu().query<{ n: number }>(
          'select count(*)::int as n from app.orders where id = any ($1)',
          [mine],
        );
        return row?.n === mine.length;
      });
    } finally {
      writing = false;
      eu().thaw();
      await Promise.all(writers);
      await watch.stop();
    }
  }, 400_000);

  it('ended at any point and carried on, it comes to the same end, and at no point do two regions accept writes', async () => {
    let at = 0;
    for (let killed = true; killed; at += 1) {
      const watch = world.watch();
      const [from, to] = (await readFailover(world.ctx())).regions.find(r => r.region === 'eu-west')?.writes
        ? (['eu-west', 'us-east'] as const)
        : (['us-east', 'eu-west'] as const);
      await until('both to follow', async () => {
        const verdict = await readFailover(world.ctx());
        return verdict.matrix.some(m => m.from === from && m.to === to && m.lagSeconds !== null);
      });
      await watch.stop();
      await keepLeases(world.ctx());
      const id = await world.begin(from, to);
      killed = await runFailover(world.ctx(endingAfter(world.bed.database, at)), id).then(
        () => false,
        error => error.message === 'killed',
      );
      const both = [await world.write('eu-west'), await world.write('us-east')];
      expect(both.filter(w => w === 'accepted').length, `killed after ${at} writes`).toBeLessThanOrEqual(1);
      await runFailover(world.ctx(), id);
      expect((await readRun(id)).state).toBe('done');
      await keepLeases(world.ctx());
      const after = { 'eu-west': await world.write('eu-west'), 'us-east': await world.write('us-east') };
      expect(after).toEqual({ [from]: refused, [to]: 'accepted' });
    }
    expect(at).toBeGreaterThan(10);
  }, 600_000);
});

/** The process ends at its so-many-th write to the console's own database. */
function endingAfter(database: Database, writes: number): Database {
  let left = writes;
  return {
    ...database,
    write: (scope, use) => {
      if (left <= 0) return Promise.reject(new Error('killed'));
      left -= 1;
      return database.write(scope, use);
    },
  };
}

describe('by itself', () => {
  it('nothing is proposed while the switch is off, and it is a proposal only when it is on', async () => {
    const down = async () => {
      const writer = (await readFailover(world.ctx())).regions.find(r => r.writes)?.region ?? '';
      for (const observer of ['console', 'other'])
        await world.bed.rows(
          `insert into failover_observation (observer, region, up, at, since, said) values ($1, $2, false, now(), now() - interval '10 s', 'x')
           on conflict (observer, region) do update set up = false, at = now(), since = now() - interval '10 s'`,
          [observer, writer],
        );
      return writer;
    };
    const asked = () =>
      world.bed.rows(
        "select 1 from approval_request where procedure = 'edgeRouting.execute' and requester_kind = 'system'",
      );
    await down();
    await judgeLosses(world.ctx());
    expect(await asked()).toEqual([]);
    await api().settings({ automatic: true, holdDownMinutes: 30 });
    await down();
    await judgeLosses(world.ctx());
    expect(await asked()).toEqual([]);
    expect(await world.bed.rows("select 1 from ledger_entry where type = 'failover.held'")).toHaveLength(1);
    await api().settings({ holdDownMinutes: 0, maxPerHour: 60 });
    const writer = await down();
    await judgeLosses(world.ctx());
    expect(await asked()).toHaveLength(1);
    expect((await readFailover(world.ctx())).regions.find(r => r.region === writer)?.writes).toBe(true);
    await judgeLosses(world.ctx());
    expect(await asked()).toHaveLength(1);
  });
});
