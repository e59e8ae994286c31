import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { person } from '#scripts/testing/database.ts';
import { failoverWorld, refused } from '#scripts/testing/failover.ts';
import { until } from '#scripts/testing/until.ts';
import { createCaller } from '#server/root.ts';
import { carryOut, cutStream, reattachStream, resumeStreams } from '../replication/service.ts';
import { executeInput } from './schema.ts';
import { executeFailover, keepLeases, readFailover, runFailover } from './service.ts';

const { world, eu, us } = failoverWorld();
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.cause?.code ?? error.code ?? String(error),
  );
const state = async (id: string) =>
  (await world.bed.rows<{ state: string }>('select state from failover_run where id = $1', [id]))[0]?.state;
const writes = async () => {
  await keepLeases(world.ctx());
  return [await world.write('eu-west'), await world.write('us-east')];
};

afterEach(() => eu().thaw());

describe('a failover under way', () => {
  it('is seen behind any number of dry runs', async () => {
    const input = { from: 'eu-west', to: 'us-east', reason: 'test', despiteNotReady: true };
    await executeFailover(world.ctx(), executeInput.parse({ ...input, dryRun: true }));
    const id = await world.begin('eu-west', 'us-east');
    await world.bed.rows(
      `insert into failover_run select (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(),
         'started_at', now() + n * interval '1 s'))).* from failover_run r, generate_series(1, 25) n where dry`,
    );
    expect(await code(world.begin('eu-west', 'us-east'))).toBe('failover.running');
    await runFailover(world.ctx(), id);
    expect(await state(id)).toBe('done');
    await world.bed.rows('delete from failover_run where dry');
    await world.follows('us-east', 'eu-west');
  });

  it('is the only one among regions that streams join; others have their own', async () => {
    const elsewhere = (from: string, to: string) =>
      world.bed.rows(
        `insert into failover_run (id, from_region, to_region, dry, automatic, state, epoch, reason, by, steps, facts, simulated, started_at)
         values (gen_random_uuid(), $1, $2, false, false, 'running', 9, 'x', 'x', '[]', '{"streams": []}', false, now())`,
        [from, to],
      );
    await elsewhere('ap-south', 'sa-east');
    const both = () => ['us-east', 'us-east'].map(from => world.begin(from as 'us-east', 'eu-west'));
    const begun = await Promise.all(both().map(code));
    expect(begun.sort()).toEqual(['done', 'failover.running']);
    const { regions, running } = await readFailover(world.ctx());
    expect(running.map(run => run.from).sort()).toEqual(['ap-south', 'us-east']);
    expect(regions.every(region => region.busy)).toBe(true);
    await world.bed.rows(
      "update failover_run set state = 'failed' where from_region = 'us-east' and state = 'running'",
    );
    await world.bed.rows("update region_write set fencing = false where region = 'us-east'");
    await elsewhere('eu-west', 'ap-north');
    expect(await code(world.begin('us-east', 'eu-west'))).toBe('failover.running');
    await world.bed.rows("delete from failover_run where to_region in ('sa-east', 'ap-north')");
    await keepLeases(world.ctx());
  });

  it('is carried on by one worker at a time, and by nobody once it is over', async () => {
    const id = await world.begin('us-east', 'eu-west');
    const both = await Promise.all([code(runFailover(world.ctx(), id)), code(runFailover(world.ctx(), id))]);
    expect(both.sort()).toEqual(['done', 'failover.carried_on']);
    expect(await writes()).toEqual(['accepted', refused]);
    await world.follows('eu-west', 'us-east');
  });

  it('that failed once the right had moved is followed all the same', async () => {
    const watch = world.watch();
    try {
      eu().freeze();
      await until('it to be seen', async () => {
        const { regions } = await readFailover(world.ctx());
        return regions.find(r => r.region === 'eu-west')?.down === true;
      });
      const { id, state } = await world.switched('eu-west', 'us-east');
      expect(state).toBe('done');
      // As where the old primary refused to follow.
      await world.bed.rows("update failover_run set state = 'failed' where id = $1", [id]);
      eu().thaw();
      await until('the old primary to follow', async () => (await world.stateOf('eu-us-back')) === 'active');
    } finally {
      await watch.stop();
    }
    expect(await writes()).toEqual([refused, 'accepted']);
    await world.follows('us-east', 'eu-west');
    expect((await world.switched('us-east', 'eu-west')).state).toBe('done');
    await world.follows('eu-west', 'us-east');
  });
});

describe('what keeps the rows for the way back', () => {
  it('counts only once it is whole: a slot that is still being made keeps nothing yet', async () => {
    const open = new pg.Client({ connectionString: us().server.adminUrl });
    await open.connect();
    try {
      await open.query('begin');
      await open.query('select pg_current_xact_id()');
      await expect(cutStream(world.ctx(), 'eu-us')).rejects.toThrow();
      await expect(cutStream(world.ctx(), 'eu-us')).rejects.toThrow('still being made');
    } finally {
      await open.end();
    }
    await until('the cut', () => cutStream(world.ctx(), 'eu-us'));
    expect(
      await us().query(
        "select confirmed_flush_lsn is not null as whole from pg_replication_slots where slot_name like 'atom%'",
      ),
    ).toEqual([{ whole: true }]);
    await until('the stream to be put back', () => reattachStream(world.ctx(), 'eu-us'));
    await world.follows('eu-west', 'us-east');
  });
});

describe('an order of a stream', () => {
  it('whose job is gone is asked for again', async () => {
    const asked = () => world.bed.rows("select 1 from outbox where body->>'key' = 'replication:eu-us'");
    await world.bed.rows("delete from outbox where body->>'key' = 'replication:eu-us'");
    await createCaller(world.bed.as(person('operator'))).replication.pause({ id: 'eu-us' });
    await resumeStreams(world.ctx());
    expect(await asked()).toHaveLength(1);
    await world.bed.rows("delete from outbox where body->>'key' = 'replication:eu-us'");
    await resumeStreams(world.ctx());
    expect(await asked()).toHaveLength(1);
    await carryOut(world.ctx(), 'eu-us');
    await world.bed.rows("delete from outbox where body->>'key' = 'replication:eu-us'");
    await resumeStreams(world.ctx());
    expect(await asked()).toEqual([]);
    expect(await world.stateOf('eu-us')).toBe('paused');
  });
});
