import { holdAlone } from '#kernel/db/hold.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { turnOf } from '../rules/names.ts';
import type { StoredStream } from '../store/streams.ts';

/** So often somebody asks again; whoever is at it takes as long as servers may take to answer. */
const times = 80;

/** What changes a stream on its servers is done by one at a time, with the one the other way round; null = not now. */
export const takeTurn = <T>(ctx: CommandContext, id: string, work: () => Promise<T>): Promise<T | null> =>
  holdAlone(ctx.database, turnOf(id), work);

/** Waits for it; in vain, it is as where a server is silent: whatever job asks is tried again. */
export async function inTurn<T>(
  ctx: CommandContext,
  { id, subscriber }: Pick<StoredStream, 'id' | 'subscriber'>,
  work: () => Promise<{ done: T }>,
): Promise<T> {
  for (let i = 0; i < times; i += 1) {
    const result = await takeTurn(ctx, id, work);
    if (result !== null) return result.done;
    await new Promise(resolve => setTimeout(resolve, 250));
  }
  throw new RegionUnreachable(subscriber, `the stream ${id} is just being changed`);
}
