import type { Tx } from '#kernel/db/database.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { findStream, lockStream, type StoredStream } from '../store/streams.ts';
import { gatewayOf, planOf } from './gateways.ts';

class Overtaken extends Error {}

/** Between the look and the word for it servers were asked, which takes as long as they take: an order given meanwhile stands. */
export async function stillDetached(tx: Tx, id: string): Promise<void> {
  if ((await lockStream(tx, id))?.state !== 'detached') throw new Overtaken(`The stream ${id} was changed.`);
}

/** True: nothing is left to be done. Who retired it meanwhile may have looked for it before it was started again. */
export async function unlessOvertaken(
  ctx: CommandContext,
  stream: StoredStream,
  note: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await note();
    return true;
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    ctx.unchanged();
    const now = await findStream(ctx.ownWrites(), stream.id);
    return now?.state === 'retired' ? gatewayOf(ctx, stream).remove(planOf(stream)) : false;
  }
}
