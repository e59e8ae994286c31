import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { knownRegions } from '#server/federation/regions/service.ts';
import { replicationEvent } from '../events.ts';
import type { Held, StreamRow } from '../schema.ts';
import { changeStream, lockStream, type StoredStream, selectStreams } from '../store/streams.ts';
import { refusalsOf } from './allowed.ts';
import { carryJob } from './carry-job.ts';

/** A region that is merely silent keeps its streams: they go on when it answers. */
const takesPart = ['active', 'degraded', 'unreachable'];

type Asked = Pick<StreamRow, 'publisher' | 'subscriber' | 'tenants' | 'raw'>;
type Standing = Omit<Held, 'at'> | null;

/** Of a stream that is paused or failed, one of these says that its subscriber is switched on all the same. */
const flowing: readonly string[] = ['streaming', 'lagging', 'syncing', 'stalled'];

/** Why a stream may not run as things are now; null = it may. */
export async function standingOf(ctx: ReadContext, stream: Asked): Promise<Standing> {
  const refused = await refusalsOf(ctx, stream);
  if (refused.length > 0) return { by: 'rules', why: refused.map(r => r.reason).join('; ') };
  const regions = await knownRegions(ctx);
  for (const name of [stream.publisher, stream.subscriber]) {
    const state = regions.find(region => region.id === name)?.state;
    if (state === undefined) return { by: 'region', why: `${name} is not registered` };
    if (!takesPart.includes(state)) return { by: 'region', why: `${name} is ${state}` };
  }
  return null;
}

/**
 * Asks of every stream that runs whether it is still allowed. One that is not is paused with its reason, and goes on only
 * by a person's word: whoever resumes it, or whoever readmits the region that it waited for.
 */
export async function askStreams(ctx: CommandContext): Promise<string[]> {
  const held: string[] = [];
  const failures: unknown[] = [];
  for (const stream of await selectStreams(ctx.ownWrites())) {
    // What the servers do counts, not only what was ordered: a pause may have been lost on the way to a silent one.
    const flows = stream.look !== null && flowing.includes(stream.look.health);
    const running = stream.state === 'active' || (stream.state === 'failed' && flows);
    const waits = stream.state === 'paused' && stream.held !== null;
    if (!running && !waits) continue;
    try {
      const standing = await standingOf({ ...ctx, db: ctx.ownWrites() }, stream);
      if ((running || flows) && standing) {
        await holdStream(ctx, stream, standing);
        held.push(stream.id);
      } else if (waits && standing && said(standing) !== said(stream.held)) await say(ctx, stream, standing);
      else if (waits && !standing && stream.held?.by === 'region') await release(ctx, stream.id);
    } catch (error) {
      // One that cannot be judged now keeps none of the others from it.
      if (error instanceof Overtaken) ctx.unchanged();
      else failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return held;
}

/** Somebody changed the stream in this moment: the next look sees what became of it. */
class Overtaken extends Error {}

const said = (standing: Standing) => (standing ? `${standing.by} ${standing.why}` : '');

async function holdStream(
  ctx: CommandContext,
  stream: StoredStream,
  standing: NonNullable<Standing>,
): Promise<void> {
  const event = replicationEvent(
    'replication.held',
    stream.id,
    { by: standing.by, reason: standing.why, tenants: stream.tenants },
    [carryJob(stream.id)],
  );
  await ctx.commit(event, async tx => {
    const now = await lockStream(tx, stream.id);
    if (now?.state !== stream.state) throw new Overtaken();
    const at = ctx.clock.now();
    const change = { state: 'paused' as const, pending: [...now.pending, { do: 'pause' as const }] };
    await changeStream(tx, stream.id, { ...change, held: { ...standing, at: at.toISOString() } }, at);
  });
}

/** It stays as it is; only why has changed. */
async function say(
  ctx: CommandContext,
  stream: StoredStream,
  standing: NonNullable<Standing>,
): Promise<void> {
  const event = replicationEvent('replication.held', stream.id, { by: standing.by, reason: standing.why });
  await ctx.commit(event, async tx => {
    const now = await lockStream(tx, stream.id);
    if (now?.state !== 'paused') throw new Overtaken();
    const at = ctx.clock.now();
    await changeStream(tx, stream.id, { held: { ...standing, at: at.toISOString() } }, at);
  });
}

async function release(ctx: CommandContext, id: string): Promise<void> {
  await ctx.commit(replicationEvent('replication.released', id, {}, [carryJob(id)]), async tx => {
    const now = await lockStream(tx, id);
    if (now?.state !== 'paused') throw new Overtaken();
    const pending = [...now.pending, { do: 'resume' as const }];
    await changeStream(tx, id, { state: 'active', pending, held: null }, ctx.clock.now());
  });
}
