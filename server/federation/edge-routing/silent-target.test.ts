import { afterEach, describe, expect, it } from 'vitest';
import { failoverWorld, refused } from '#scripts/testing/failover.ts';
import { keepLeases, putStreamsBack, readRun, runFailover } from './service.ts';

const { world, us } = failoverWorld();
const writes = async () => [await world.write('eu-west'), await world.write('us-east')];
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

afterEach(() => us().thaw());

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
    expect(await world.write('eu-west')).toBe('accepted');
    us().thaw();
    await putStreamsBack(world.ctx());
    await world.streaming();
    expect(await writes()).toEqual(['accepted', refused]);
  }, 300_000);

  it('that comes back in time takes over', async () => {
    const id = await world.begin('eu-west', 'us-east');
    await expect(runFailover(silencing(), id)).rejects.toThrow('us-east does not answer');
    us().thaw();
    await runFailover(world.ctx(), id);
    expect((await run(id)).state).toBe('done');
    await keepLeases(world.ctx());
    expect(await writes()).toEqual([refused, 'accepted']);
  }, 300_000);
});
