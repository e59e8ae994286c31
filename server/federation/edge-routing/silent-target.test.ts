import { afterEach, describe, expect, it } from 'vitest';
import { failoverWorld, refused } from '#scripts/testing/failover.ts';
import { until } from '#scripts/testing/until.ts';
import { putStreamsBack, readRun, runFailover } from './service.ts';

const { world, eu, us } = failoverWorld();
const writes = () => world.writes();
const run = (id: string) => readRun(world.ctx(), id);

/** The target stands still from the moment in which its stream is cut. */
const silencing = () => {
  const ctx = world.ctx();
  const commit: typeof ctx.commit = async (event, ...rest) => {
    const done = await ctx.commit(event, ...rest);
    if ('type' in event && event.type === 'replication.detached') us().freeze();
    return done;
  };
  return { ...ctx, commit };
};
const later = (ms: number) => ({ ...world.ctx(), clock: { now: () => new Date(Date.now() + ms) } });

afterEach(() => {
  for (const at of [eu(), us()]) at.thaw();
});

describe('a target that falls silent after the cut', () => {
  it('is waited for, and a healthy primary writes again where it does not come back', async () => {
    const id = await world.begin('eu-west', 'us-east');
    await expect(runFailover(silencing(), id)).rejects.toThrow('us-east does not answer');
    expect((await run(id)).state).toBe('running');
    expect(await world.write('eu-west')).toBe(refused);
    await runFailover(later(40_000), id);
    expect(await run(id)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('us-east does not answer'),
    });
    await world.accepted('eu-west');
    us().thaw();
    await putStreamsBack(world.ctx());
    await world.streaming();
    expect(await writes()).toEqual(['accepted', refused]);
  }, 300_000);

  it('that comes back in time takes over', async () => {
    const id = await world.begin('eu-west', 'us-east');
    await expect(runFailover(silencing(), id)).rejects.toThrow('us-east does not answer');
    us().thaw();
    // One turn may still find its connections as they were left when it stood still.
    await until('it to be carried on', async () => {
      await runFailover(world.ctx(), id).catch(() => {});
      return (await run(id)).state === 'done';
    });
    expect(await writes()).toEqual([refused, 'accepted']);
  }, 300_000);
});

it('a target that is silent for a moment, before anything was taken from the primary, ends nothing', async () => {
  await world.follows('us-east', 'eu-west');
  const id = await world.begin('us-east', 'eu-west');
  eu().freeze();
  const awake = new Promise(resolve => setTimeout(resolve, 1_700)).then(() => eu().thaw());
  await runFailover(world.ctx(), id).catch(() => {});
  await awake;
  await until('it to be carried on', async () => {
    await runFailover(world.ctx(), id).catch(() => {});
    return (await run(id)).state !== 'running';
  });
  expect(await run(id)).toMatchObject({ state: 'done', message: null });
}, 300_000);
