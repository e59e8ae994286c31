import type { CommandContext } from '#kernel/trpc/context.ts';
import { heartbeatEvent } from '../events.ts';
import { markBeats, oldestOwed, selectOwed } from '../store/beats.ts';

/** Accepted beats wait at most so long for their entry, and leave no more than one in that time. */
export const gatherMs = 60_000;
const atMost = 10_000;

/** Somebody else wrote the entry of some of them meanwhile. */
class Overtaken extends Error {}

/**
 * The entry that accepted beats are owed: their count, and the root over region, sequence and the region's own time, in
 * that order. The rows say which are owed, so whoever comes after a crash computes the same. How many it covers.
 */
export async function recordGathered(ctx: CommandContext): Promise<number> {
  const now = ctx.clock.now();
  const oldest = await oldestOwed(ctx.ownWrites());
  if (oldest === null || Date.parse(oldest) > now.getTime() - gatherMs) return 0;
  const beats = await selectOwed(ctx.ownWrites(), atMost);
  const heard = beats.map(beat => beat.heardAt).sort();
  const regions = [...new Set(beats.map(beat => beat.region))];
  try {
    await ctx.record(
      heartbeatEvent(regions, heard[0] ?? '', heard.at(-1) ?? ''),
      beats.map(({ region, sequence, at }) => ({ region, sequence, at })),
      async tx => {
        if ((await markBeats(tx, beats, now)) !== beats.length) throw new Overtaken();
      },
    );
    return beats.length;
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    ctx.unchanged();
    return 0;
  }
}
