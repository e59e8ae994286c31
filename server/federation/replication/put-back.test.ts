import { beforeEach, describe, expect, it } from 'vitest';
import { person } from '#scripts/testing/database.ts';
import { failoverWorld } from '#scripts/testing/failover.ts';
import { until } from '#scripts/testing/until.ts';
import { createCaller } from '#server/root.ts';
import { askStreams, carryOut, cutStream, followBack, lookAtStreams, reattachStream } from './service.ts';

const { world, eu, us } = failoverWorld();
const id = 'eu-us';
const api = () => createCaller(world.bed.as(person('operator'))).replication;
const stream = async () => {
  const [row] = await world.bed.rows(
    'select state, held, pending, message, cut from replication_stream where id = $1',
    [id],
  );
  return row;
};
const enabled = async () =>
  (
    await us().query<{ on: boolean }>(
      "select subenabled as on from pg_subscription where subname = 'atom_eu_us'",
    )
  )[0]?.on;
/** As a failover does that is given up once its streams were cut. */
const cutAndBack = async () => {
  await cutStream(world.ctx(), id);
  expect(await stream()).toMatchObject({ state: 'detached', message: 'cut for a failover' });
  expect(await enabled()).toBe(false);
  expect(await reattachStream(world.ctx(), id)).toBe(true);
  expect(await us().query("select 1 from pg_replication_slots where slot_name like 'atom%'")).toEqual([]);
};
const mirrored = async () =>
  (await us().query<{ n: number }>('select count(*)::int as n from app.orders'))[0]?.n;
const allow = (countries: string) =>
  world.bed.rows("update tenant set allowed_countries = $1 where id = 't1'", [countries]);
const lastEntry = async () =>
  (
    await world.bed.rows<{ type: string }>(
      "select type from ledger_entry where target = 'stream:eu-us' order by id desc limit 1",
    )
  )[0]?.type;
const resumed = async () => {
  await api().resume({ id });
  await carryOut(world.ctx(), id);
};

describe('a stream that a failover cut, and that is put back', () => {
  beforeEach(async () => {
    expect(await stream()).toEqual({ state: 'active', held: null, pending: [], message: null, cut: null });
    expect(await enabled()).toBe(true);
  });

  it('goes on where it went on', async () => {
    await cutAndBack();
    expect(await lastEntry()).toBe('replication.reattached');
  });

  it('is paused where an operator had paused it', async () => {
    await api().pause({ id });
    await carryOut(world.ctx(), id);
    await cutAndBack();
    expect(await stream()).toEqual({ state: 'paused', held: null, pending: [], message: null, cut: null });
    expect(await enabled()).toBe(false);
    await askStreams(world.ctx());
    expect((await stream())?.state).toBe('paused');
    await resumed();
  });

  it('is paused with its reason where it was not allowed', async () => {
    await allow('{IE}');
    await askStreams(world.ctx());
    await carryOut(world.ctx(), id);
    const before = await stream();
    expect(before).toMatchObject({ state: 'paused', held: { by: 'rules' } });
    await cutAndBack();
    expect(await stream()).toEqual(before);
    expect(await enabled()).toBe(false);
    await allow('{}');
    await resumed();
  });

  it('is paused with the reason where it is not allowed any more, and nothing is copied', async () => {
    await cutStream(world.ctx(), id);
    await allow('{IE}');
    expect(await reattachStream(world.ctx(), id)).toBe(true);
    expect(await stream()).toMatchObject({
      ...{ state: 'paused', pending: [], cut: null },
      held: { by: 'rules', why: expect.stringContaining('t1 allows IE only') },
    });
    expect(await enabled()).toBe(false);
    expect(await lastEntry()).toBe('replication.held');
    await allow('{}');
    await resumed();
  });

  it('keeps a pause that was ordered and not carried out yet, and does not flow until then', async () => {
    await api().pause({ id });
    expect(await enabled()).toBe(true);
    await cutAndBack();
    expect(await stream()).toMatchObject({ state: 'paused', pending: [{ do: 'pause' }] });
    expect(await enabled()).toBe(false);
    await carryOut(world.ctx(), id);
    expect(await stream()).toMatchObject({ state: 'paused', pending: [], message: null });
    await resumed();
  });

  it('has done what was ordered before, once it is back', async () => {
    await api().resync({ id, table: 'app.orders' });
    await us().query('begin; set local session_replication_role = replica; delete from app.orders; commit');
    await cutAndBack();
    expect(await stream()).toMatchObject({ state: 'active', pending: [{ do: 'resync' }] });
    await carryOut(world.ctx(), id);
    await until('the rows to be copied', async () => (await mirrored()) === 120);
  }, 300_000);
});

describe('a stream whose mirror is to have everything', () => {
  it('is not cut while a table is to be copied anew, nor by whoever finds that it may not be put back', async () => {
    await until('it to stream', async () =>
      (await lookAtStreams(world.ctx())).every(s => s.look.health === 'streaming'),
    );
    await api().resync({ id, table: 'app.orders' });
    await expect(cutStream(world.ctx(), id, true)).rejects.toThrow('it is to be changed: resync');
    expect(await stream()).toMatchObject({ state: 'active', pending: [{ do: 'resync' }] });
    // Copied in the turn before the cut, as by the job that was waiting for it.
    await carryOut(world.ctx(), id);
    await cutStream(world.ctx(), id, true);
    expect(await mirrored()).toBe(120);
    expect(await reattachStream(world.ctx(), id, async () => false)).toBe(false);
    expect(await world.stateOf(id)).toBe('detached');
    expect(await reattachStream(world.ctx(), id)).toBe(true);
  }, 300_000);

  it('is looked at beside one whose server refuses to say anything', async () => {
    await us().query('alter table atom_region.heartbeat rename to elsewhere');
    const [seen] = await lookAtStreams(world.ctx());
    expect(seen?.look).toMatchObject({
      health: 'unknown',
      why: expect.stringContaining('could not be looked at'),
    });
    await us().query('alter table atom_region.elsewhere rename to heartbeat');
    // Its worker may have stopped at that, and is started again by a job.
    await until('it to stream', async () => {
      await carryOut(world.ctx(), id);
      return (await lookAtStreams(world.ctx())).every(s => s.look.health === 'streaming');
    });
  }, 300_000);
});

describe('a stream that may not run', () => {
  beforeEach(async () => {
    expect(await stream()).toMatchObject({ state: 'active', pending: [] });
  });

  it('is paused again where the pause did not last on its server', async () => {
    await allow('{IE}');
    await askStreams(world.ctx());
    await carryOut(world.ctx(), id);
    await us().query('alter subscription atom_eu_us enable');
    await lookAtStreams(world.ctx());
    expect(await askStreams(world.ctx())).toEqual([id]);
    await carryOut(world.ctx(), id);
    expect(await enabled()).toBe(false);
    expect(await stream()).toMatchObject({ state: 'paused', held: { by: 'rules' } });
    await allow('{}');
    await resumed();
  });

  it('is switched off also where a table was to be copied anew before, which is not done', async () => {
    await api().resync({ id, table: 'app.orders' });
    await allow('{IE}');
    expect(await askStreams(world.ctx())).toEqual([id]);
    expect(await stream()).toMatchObject({ pending: [{ do: 'resync' }, { do: 'pause' }] });
    await carryOut(world.ctx(), id);
    expect(await enabled()).toBe(false);
    expect([await mirrored(), (await stream())?.pending]).toEqual([120, []]);
    await allow('{}');
    await resumed();
  });

  it('is paused where the copy was refused before anybody asked', async () => {
    await api().resync({ id, table: 'app.orders' });
    await allow('{IE}');
    await carryOut(world.ctx(), id);
    expect(await stream()).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('may not run'),
    });
    expect(await enabled()).toBe(true);
    await lookAtStreams(world.ctx());
    expect(await askStreams(world.ctx())).toEqual([id]);
    await carryOut(world.ctx(), id);
    expect(await stream()).toMatchObject({ state: 'paused', held: { by: 'rules' } });
    expect([await enabled(), await mirrored()]).toEqual([false, 120]);
    await allow('{}');
    await resumed();
  });
});

describe('a stream that was paused when a failover cut it', () => {
  it('is followed the other way round once somebody resumes it', async () => {
    await api().pause({ id });
    await carryOut(world.ctx(), id);
    await cutStream(world.ctx(), id);
    expect(await followBack(world.ctx(), id)).toBe(true);
    expect(await world.stateOf('eu-us-back')).toBe('paused');
    const follows = async () =>
      (await eu().query("select subenabled as on from pg_subscription where subname = 'atom_eu_us_back'"))[0];
    expect(await follows()).toEqual({ on: false });
    await lookAtStreams(world.ctx());
    await askStreams(world.ctx());
    expect(await world.stateOf('eu-us-back')).toBe('paused');
    await api().resume({ id: 'eu-us-back' });
    await carryOut(world.ctx(), 'eu-us-back');
    expect([await world.stateOf('eu-us-back'), await follows()]).toEqual(['active', { on: true }]);
    await cutStream(world.ctx(), 'eu-us-back');
    expect(await followBack(world.ctx(), 'eu-us-back')).toBe(true);
    expect(await world.stateOf(id)).toBe('active');
  }, 300_000);
});

describe('what is ordered while servers are asked', () => {
  /** Held up between the word of the servers and the console's own. */
  const heldUp = (act: () => Promise<unknown>) => {
    const ctx = world.ctx();
    const commit: typeof ctx.commit = async (...args) => {
      await act();
      return ctx.commit(...args);
    };
    return { ...ctx, commit };
  };
  const subscribed = (at: typeof us) =>
    at().query("select subname from pg_subscription where subname like 'atom%'");
  const slots = (at: typeof us) =>
    at().query("select slot_name from pg_replication_slots where slot_name like 'atom%' order by 1");

  it('a stream is cut only after whoever puts it back is through, and its way back is kept', async () => {
    await cutStream(world.ctx(), id);
    let cut: Promise<string> | undefined;
    const slow = heldUp(async () => {
      cut = cutStream(world.ctx(), id);
      // As long as a cut takes that waits for nobody.
      await Promise.race([cut, new Promise(resolve => setTimeout(resolve, 1500))]);
    });
    expect(await reattachStream(slow, id)).toBe(true);
    await cut;
    expect(await stream()).toMatchObject({ state: 'detached', cut: { state: 'active' } });
    expect([await enabled(), await slots(us)]).toEqual([false, [{ slot_name: 'atom_eu_us_back' }]]);
    expect(await reattachStream(world.ctx(), id)).toBe(true);
  });

  it('a way back that was retired stays so where the stream is put back', async () => {
    await cutStream(world.ctx(), id);
    await api().retire({ id: 'eu-us-back', reason: 'not wanted' });
    expect(await reattachStream(world.ctx(), id)).toBe(true);
    expect(await world.stateOf('eu-us-back')).toBe('retired');
    await carryOut(world.ctx(), 'eu-us-back');
    expect((await stream())?.state).toBe('active');
  });

  it('the way back is not followed where it is retired in that moment', async () => {
    await cutStream(world.ctx(), id);
    const retiring = heldUp(() => api().retire({ id: 'eu-us-back', reason: 'not wanted' }));
    await followBack(retiring, id);
    expect(await world.stateOf('eu-us-back')).toBe('retired');
    await carryOut(world.ctx(), 'eu-us-back');
    expect([await subscribed(eu), await slots(us)]).toEqual([[], []]);
  });

  it('a stream that was retired while it was put back stays so, and nothing flows', async () => {
    expect(await world.stateOf(id)).toBe('detached');
    const retiring = heldUp(async () => {
      await api().retire({ id, reason: 'not wanted' });
    });
    await reattachStream(retiring, id);
    await carryOut(world.ctx(), id);
    expect(await stream()).toMatchObject({ state: 'retired', pending: [] });
    expect([await subscribed(us), await slots(eu)]).toEqual([[], []]);
  });
});
