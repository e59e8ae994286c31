import { redactText } from '#kernel/redact/redact.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { notAllowed } from '../errors.ts';
import { replicationEvent } from '../events.ts';
import { changeStream, findStream, lockStream, type StoredStream, type Task } from '../store/streams.ts';
import { gatewayOf, planOf } from './gateways.ts';
import { standingOf } from './standing.ts';
import { inTurn } from './turn.ts';

/**
 * Carries out what is pending for a stream, one task after another. A task is taken off the list only after both servers
 * have it; each may be repeated, so a process that ends in between leaves nothing half-done for good.
 */
export async function carryOut(ctx: CommandContext, id: string): Promise<void> {
  for (;;) {
    const stream = await findStream(ctx.ownWrites(), id);
    if (!stream?.pending[0]) return;
    if (!(await inTurn(ctx, stream, async () => ({ done: await carryNext(ctx, id) })))) return;
  }
}

/** Read in the turn: a failover may have cut the stream in between, and what was ordered waits then. False: no more. */
async function carryNext(ctx: CommandContext, id: string): Promise<boolean> {
  const stream = await findStream(ctx.ownWrites(), id);
  const task = stream?.pending[0];
  if (!stream || !task) return false;
  try {
    await perform(ctx, stream, task);
  } catch (error) {
    // A server that does not answer may come back: the job is tried again. What it refuses will be refused again.
    if (error instanceof RegionUnreachable) throw error;
    await settle(ctx, id, task, error instanceof Error ? redactText(error.message) : 'unknown');
    // What was to be stopped is stopped, whatever else could not be done before.
    const left = (await findStream(ctx.ownWrites(), id))?.pending ?? [];
    return left.some(next => next.do === 'pause');
  }
  await settle(ctx, id, task, null);
  return true;
}

/** Between the word and its carrying out a rule may have changed: whatever makes rows flow asks once more. */
const starts: readonly Task['do'][] = ['make', 'resume', 'resync'];

async function perform(ctx: CommandContext, stream: StoredStream, task: Task): Promise<void> {
  const gateway = gatewayOf(ctx, stream);
  const plan = planOf(stream);
  if (starts.includes(task.do)) {
    const standing = await standingOf({ ...ctx, db: ctx.ownWrites() }, stream);
    if (standing) throw notAllowed(stream.id, [standing.why]);
  }
  if (task.do === 'make') {
    await gateway.publish(plan);
    if (stream.copy) await gateway.fillShadows(plan);
    await gateway.subscribe(plan, { copy: stream.copy });
  } else if (task.do === 'pause' || task.do === 'resume') await gateway.setPaused(plan, task.do === 'pause');
  else if (task.do === 'resync') await gateway.resync(plan, task.table);
  else if (task.do === 'clear') {
    // What a way back that was given up may have left where nobody answered then.
    if (!(await gateway.unsubscribe(plan)))
      throw new RegionUnreachable(stream.subscriber, 'something of the stream may remain there');
  } else if (!(await gateway.remove(plan)))
    throw new RegionUnreachable(
      stream.publisher,
      'something of the stream remains on a side that does not answer',
    );
}

async function settle(ctx: CommandContext, id: string, task: Task, failure: string | null): Promise<void> {
  const made = task.do === 'make' && failure === null;
  const change = async (tx: Parameters<typeof lockStream>[0]) => {
    const now = await lockStream(tx, id);
    if (!now) return;
    const [first, ...rest] = now.pending;
    if (JSON.stringify(first) !== JSON.stringify(task)) return;
    const state =
      failure !== null
        ? ('failed' as const)
        : made && now.state === 'creating'
          ? ('active' as const)
          : now.state;
    await changeStream(tx, id, { pending: rest, state, message: failure }, ctx.clock.now());
  };
  if (failure !== null)
    await ctx.commit(replicationEvent('replication.failed', id, { task: task.do, reason: failure }), change);
  else if (made) await ctx.commit(replicationEvent('replication.created', id), change);
  else await ctx.database.write(ctx.scope, change);
}
