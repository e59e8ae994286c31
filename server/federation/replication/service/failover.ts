import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { notWhole } from '../errors.ts';
import { replicationEvent } from '../events.ts';
import { leadsBack, reverseId } from '../rules/names.ts';
import { latestParity } from '../store/evidence.ts';
import {
  changeStream,
  findStream,
  insertStream,
  lockStream,
  type StoredStream,
  selectJoined,
  selectStreams,
} from '../store/streams.ts';
import { gatewayOf, planOf } from './gateways.ts';
import { bringValuesHome, clearAway } from './home.ts';
import { stillDetached, unlessOvertaken } from './overtaken.ts';
import { reattachStream } from './put-back.ts';
import { standingOf } from './standing.ts';
import { inTurn, takeTurn } from './turn.ts';

/** A failover that was given up has cut it, and nobody could put it back yet. */
const stillCut = (s: StoredStream) => s.state === 'detached' && s.cut !== null;

/**
 * Streams from one region to another, with what is known of each: what a failover stands on. Of a `writer`, those too that an
 * earlier failover cut in vain: left out, their rows would be lost. `kept`: those that lead back from where it went.
 */
export async function streamsBetween(
  ctx: ReadContext,
  from: string,
  to: string,
  of: 'flowing' | 'writer' | 'kept' = 'flowing',
) {
  const states = of === 'kept' ? ['detached', 'active'] : ['active', 'paused', 'failed'];
  const wanted = (s: StoredStream) => states.includes(s.state) || (of === 'writer' && stillCut(s));
  const [streams, parity] = await Promise.all([selectStreams(ctx.db), latestParity(ctx.db)]);
  return streams
    .filter(s => s.publisher === from && s.subscriber === to && wanted(s))
    .map(s => ({
      id: s.id,
      leadsBack: leadsBack(s.id),
      simulated: s.simulated,
      tenants: s.tenants,
      raw: s.raw,
      tables: s.tables,
      look: s.look,
      parity: s.tables.map(({ table }) => {
        const run = parity.find(p => p.streamId === s.id && p.table === table);
        return { table, state: run?.state ?? 'never', at: run?.finishedAt ?? null };
      }),
    }));
}

/** Every pair of regions between which something flows. */
export async function streamPairs(ctx: ReadContext) {
  return (await selectStreams(ctx.db))
    .filter(s => s.state !== 'retired')
    .map(s => ({
      ...{ id: s.id, from: s.publisher, to: s.subscriber, state: s.state, simulated: s.simulated },
      stillCut: stillCut(s),
      tables: s.tables.map(t => t.table),
    }));
}

/** Which regions streams join, for one tenant: also where the caller may not see the streams themselves. */
export const pairsFor = (ctx: ReadContext, tenant: string) => selectJoined(ctx.database, tenant);

const reader = (ctx: CommandContext): CommandContext => ({ ...ctx, db: ctx.ownWrites() });

async function stream(ctx: CommandContext, id: string): Promise<StoredStream> {
  const found = await findStream(ctx.ownWrites(), id);
  if (!found) throw new Error(`The stream ${id} is gone.`);
  return found;
}

/**
 * Waits until the mirror has everything; what it still waited for in the end, or null. One that was cut in vain goes on first,
 * where that may be: its primary answers again.
 */
export async function drainStream(
  ctx: CommandContext,
  id: string,
  withinMs: number,
  mayGoOn: () => Promise<boolean> = async () => false,
): Promise<string | null> {
  const found = await stream(ctx, id);
  if (found.state === 'detached') await reattachStream(ctx, id, mayGoOn);
  return openEnd(ctx, await stream(ctx, id), withinMs);
}

async function openEnd(ctx: CommandContext, found: StoredStream, withinMs: number): Promise<string | null> {
  try {
    const { waits } = await gatewayOf(ctx, found).settle(planOf(found), withinMs);
    const [task] = (await stream(ctx, found.id)).pending;
    return waits ?? (task ? `it is to be changed: ${task.do}` : null);
  } catch (error) {
    if (error instanceof RegionUnreachable) return `${error.region} does not answer`;
    throw error;
  }
}

/** The subscriber's own word on how far it came: asked after the publisher was lost. */
export async function receivedBy(ctx: ReadContext, id: string) {
  const found = await findStream(ctx.db, id);
  return found ? gatewayOf(ctx, found).reached(planOf(found)) : null;
}

/** What may still come to the mirror once everything had arrived, such as a copy that somebody ordered in that moment. */
const stillMs = 5_000;

/**
 * Cuts the mirror loose, and from this moment keeps at the mirror's side what the way back will need: the slot there is
 * made before anybody may write there, so that nothing written is missing later. `whole`: nothing may be missing in the mirror.
 */
export async function cutStream(ctx: CommandContext, id: string, whole = false): Promise<string> {
  return inTurn(ctx, await stream(ctx, id), async () => ({ done: await cutNow(ctx, id, whole) }));
}

async function cutNow(ctx: CommandContext, id: string, whole: boolean): Promise<string> {
  const found = await stream(ctx, id);
  const gateway = gatewayOf(ctx, found);
  const plan = planOf(found);
  const back = reverseId(id);
  const reverse = {
    ...{
      id: back,
      publisher: found.subscriber,
      subscriber: found.publisher,
      tables: found.tables,
      tenants: found.tenants,
    },
    ...{ raw: found.raw, walBudgetMb: found.walBudgetMb, simulated: found.simulated },
  };
  const kept = (await findStream(ctx.ownWrites(), back))?.state === 'detached';
  // Before it is cut: where this fails, the failover does, and nothing was taken from anywhere.
  if (found.state !== 'detached') {
    await bringValuesHome(ctx, found, whole);
    const open = whole ? await openEnd(ctx, found, stillMs) : null;
    if (open !== null) throw notWhole(id, open);
  }
  // First here, so that nobody who mends streams starts this one again.
  if (found.state !== 'detached' || !kept)
    await ctx.commit(replicationEvent('replication.detached', id, { back }), async tx => {
      const now = ctx.clock.now();
      const cut = await lockStream(tx, id);
      if (!cut || cut.state === 'retired') throw new Error(`The stream ${id} is gone.`);
      const [task] = cut.pending;
      if (whole && task) throw notWhole(id, `it is to be changed: ${task.do}`);
      const row = { ...reverse, state: 'detached' as const, copy: false, pending: [] };
      if (!(await insertStream(tx, row, now)))
        await changeStream(
          tx,
          back,
          { state: 'detached', copy: false, pending: [], tables: found.tables, message: null, cut: null },
          now,
        );
      const change = { state: 'detached' as const, pending: [], message: 'cut for a failover' };
      await changeStream(tx, id, { ...change, ...(cut.state === 'detached' ? {} : { cut }) }, now);
    });
  await gateway.detach(plan);
  await gateway.publish({ ...plan, ...reverse, tables: plan.tables, state: 'detached' });
  await gateway.detach(plan); // whoever was about to start it when it was cut has done so by now
  return back;
}

/** What was written meanwhile may be forbidden where the old primary is, or that is quarantined: said once, and asked again each time. */
async function mayNotFollow(ctx: CommandContext, back: StoredStream): Promise<boolean> {
  const standing = await standingOf({ ...ctx, db: ctx.ownWrites() }, back);
  if (!standing) {
    if (back.held)
      await ctx.commit(replicationEvent('replication.released', back.id), tx =>
        changeStream(tx, back.id, { held: null }, ctx.clock.now()),
      );
    return false;
  }
  if (back.held?.why !== standing.why) {
    const at = ctx.clock.now();
    const event = replicationEvent('replication.held', back.id, { by: standing.by, reason: standing.why });
    await ctx.commit(event, tx =>
      changeStream(tx, back.id, { held: { ...standing, at: at.toISOString() } }, at),
    );
  }
  return true;
}

const pausedBefore = { state: 'paused', message: 'it was paused before the failover' } as const;

/** Once the old primary answers again and is fenced: it follows. False while it does not answer. */
export async function followBack(ctx: CommandContext, id: string): Promise<boolean> {
  return (await takeTurn(ctx, id, () => followNow(ctx, id))) ?? false;
}

async function followNow(ctx: CommandContext, id: string): Promise<boolean> {
  const own = reader(ctx);
  const [old, back] = [await stream(own, id), await stream(own, reverseId(id))];
  if (back.state !== 'detached') return true;
  // Cut, it is no way back but what a failover is about: following it would give up the slot that this one keeps.
  if (stillCut(back)) return false;
  if (await mayNotFollow(ctx, back)) return false;
  const gateway = gatewayOf(ctx, back);
  // What an operator had stopped is not started by a failover.
  const paused = old.cut?.state === 'paused' && old.held === null;
  try {
    // Its own end of the stream it used to feed would keep log for ever.
    if (!(await gateway.remove(planOf(old)))) return false;
    await clearAway(ctx, old);
    await gateway.subscribe(planOf(back), { copy: false });
    if (paused) await gateway.setPaused(planOf(back), true);
  } catch (error) {
    if (error instanceof RegionUnreachable) return false;
    throw error;
  }
  const event = replicationEvent('replication.reversed', back.id, { from: id });
  return unlessOvertaken(ctx, back, () =>
    ctx.commit(event, async tx => {
      await stillDetached(tx, back.id);
      await changeStream(
        tx,
        back.id,
        { ...(paused ? pausedBefore : { state: 'active', message: null }), cut: null },
        ctx.clock.now(),
      );
    }),
  );
}
