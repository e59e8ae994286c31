import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { replicationEvent } from '../events.ts';
import { reverseId } from '../rules/names.ts';
import type { Held } from '../schema.ts';
import { type Cut, changeStream, findStream, lockStream, type StoredStream } from '../store/streams.ts';
import { carryJob } from './carry-job.ts';
import { gatewayOf, planOf } from './gateways.ts';
import { stillDetached, unlessOvertaken } from './overtaken.ts';
import { standingOf } from './standing.ts';
import { takeTurn } from './turn.ts';

interface Before extends Cut {
  /** Only where the rules stop what ran: what a person or an earlier look said stays as it is. */
  held?: Held;
}

/** As it was before the cut, but for what may not run by now: that is paused, and nothing that was still to start it does. */
async function asBefore(ctx: CommandContext, stream: StoredStream): Promise<Before> {
  const cut = stream.cut ?? { state: 'active', message: null, pending: [] };
  if (cut.state === 'paused') return cut;
  const standing = await standingOf(ctx, stream);
  if (!standing) return cut;
  const held = { ...standing, at: ctx.clock.now().toISOString() };
  return { state: 'paused', message: null, pending: cut.pending.filter(task => task.do === 'pause'), held };
}

/**
 * A failover ended before the right to write moved: its streams are as before, from where they were cut, and what was kept
 * for a way back is given up. False while the mirror does not answer; asked again later, it goes on.
 */
export async function reattachStream(
  ctx: CommandContext,
  id: string,
  /** Asked in the turn: whoever was slow may find that a newer failover has cut it, and that somebody else writes. */
  may: () => Promise<boolean> = async () => true,
): Promise<boolean> {
  return (await takeTurn(ctx, id, async () => (await may()) && (await reattachNow(ctx, id)))) ?? false;
}

async function reattachNow(ctx: CommandContext, id: string): Promise<boolean> {
  const own = { ...ctx, db: ctx.ownWrites() };
  const cut = await findStream(own.db, id);
  const back = await findStream(own.db, reverseId(id));
  if (cut?.state === 'retired' && back?.state === 'detached') {
    // Nobody will follow it any more, and its slot keeps log.
    const event = replicationEvent('replication.retired', back.id, { reason: `${id} was retired` }, [
      carryJob(back.id),
    ]);
    await ctx.commit(event, tx =>
      changeStream(tx, back.id, { state: 'retired', pending: [{ do: 'retire' }] }, ctx.clock.now()),
    );
  }
  if (cut?.state !== 'detached') return true;
  const gateway = gatewayOf(ctx, cut);
  const before = await asBefore(own, cut);
  const paused = before.state === 'paused';
  let remains = false;
  try {
    // A slot that nobody reads would keep the mirror's log for ever, and give old rows again to whoever follows next.
    // Where it would have led to, nothing was made yet: a silent primary does not keep its mirror from going on.
    if (back && back.state !== 'retired') {
      remains = !(await gateway.unsubscribe(planOf(back)));
      if (!(await gateway.unpublish(planOf(back)))) return false;
    }
    // Cut off is paused: it stays so, also where the cut itself was not carried out whole.
    if (paused) await gateway.detach(planOf(cut));
    else await gateway.attach(planOf(cut));
  } catch (error) {
    if (error instanceof RegionUnreachable) return false;
    throw error;
  }
  const { state, message, pending, held } = before;
  const jobs = [...(pending.length > 0 ? [carryJob(id)] : []), ...(remains ? [carryJob(reverseId(id))] : [])];
  const event = held
    ? replicationEvent('replication.held', id, { by: held.by, reason: held.why }, jobs)
    : replicationEvent('replication.reattached', id, { state }, jobs);
  return unlessOvertaken(ctx, cut, () =>
    ctx.commit(event, async tx => {
      const now = ctx.clock.now();
      await stillDetached(tx, id);
      // Whoever retired the way back meanwhile has retired it.
      if (back && (await lockStream(tx, back.id))?.state === 'detached')
        await changeStream(
          tx,
          back.id,
          { message: 'kept for a failover that was given up', pending: remains ? [{ do: 'clear' }] : [] },
          now,
        );
      await changeStream(tx, id, { state, message, pending, cut: null, ...(held ? { held } : {}) }, now);
    }),
  );
}
