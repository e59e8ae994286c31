import type { Database } from '#kernel/db/database.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { log } from '#kernel/log/log.ts';
import { gauge } from '#kernel/metrics/metrics.ts';
import { redactText } from '#kernel/redact/redact.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { replicationEvent } from '../events.ts';
import { stoppedByError, type Tries, triesAfter } from '../rules/again.ts';
import { defaultLagSeconds, healthOf, type Seen } from '../rules/health.ts';
import type { Look, Sample } from '../schema.ts';
import { type StoredStream, saveLook, saveSamples, selectStreams } from '../store/streams.ts';
import { gatewayOf, planOf } from './gateways.ts';
import { startAgain } from './streams.ts';

const labels = ['stream', 'simulated'] as const;
const lagSeconds = gauge('replication_lag_seconds', 'How far a mirror is behind its publisher', labels);
const lagBytes = gauge('replication_lag_bytes', 'Log that a mirror has not confirmed', labels);
const retained = gauge('replication_wal_retained_bytes', 'Log that a publisher keeps for a stream', labels);
const healthy = gauge('replication_stream_streaming', '1 while a stream is streaming', labels);

/** One look at every stream. Streams do not wait for each other: a silent server costs its own deadline only. */
export async function lookAtStreams(ctx: CommandContext): Promise<{ stream: StoredStream; look: Look }[]> {
  const streams = (await selectStreams(ctx.db)).filter(
    s => !['retired', 'creating', 'detached'].includes(s.state),
  );
  await Promise.all(streams.map(stream => beat(ctx, stream)));
  return Promise.all(
    streams.map(async stream => {
      const seen = await seenOf(ctx, stream);
      const look = healthOf(seen, pausedBy(stream), {
        lagSeconds: defaultLagSeconds,
        walBudgetBytes: stream.walBudgetMb * 1024 * 1024,
      });
      await saveLook(ctx.database, stream.id, look);
      measure(stream, look);
      if (stream.state === 'active' && stream.pending.length === 0)
        await mend(ctx, stream.id, stoppedByError(seen));
      return { stream, look };
    }),
  );
}

/** By stream, and forgotten with the process: the next one may try as often once more. */
const tries = new WeakMap<Database, Map<string, Tries>>();

async function mend({ database, clock }: CommandContext, id: string, stopped: boolean): Promise<void> {
  const known = tries.get(database) ?? new Map<string, Tries>();
  tries.set(database, known);
  const after = triesAfter(known.get(id) ?? null, stopped, clock.now().getTime());
  if (after.tries) known.set(id, after.tries);
  else known.delete(id);
  if (!after.again || !after.tries) return;
  try {
    await startAgain(systemContext('replication.look', database, clock), id, after.tries.count);
  } catch (error) {
    // Somebody changed the stream in this moment; the next look sees what became of it.
    log().warn({ event: 'replication.not_started_again', stream: id, error });
  }
}

const pausedBy = ({ state, held }: StoredStream): string | null =>
  state !== 'paused' ? null : held ? `paused, since it is not allowed: ${held.why}` : 'paused by an operator';

async function beat(ctx: CommandContext, stream: StoredStream): Promise<void> {
  try {
    await gatewayOf(ctx, stream).beat(planOf(stream));
  } catch (error) {
    if (!(error instanceof RegionUnreachable))
      log().warn({ event: 'replication.beat_refused', stream: stream.id, error });
  }
}

/** What one server refuses says nothing about other streams, nor keeps them from being looked at. */
async function seenOf(ctx: CommandContext, stream: StoredStream): Promise<Seen> {
  const now = ctx.clock.now();
  try {
    return await gatewayOf(ctx, stream).look(planOf(stream), now);
  } catch (error) {
    log().warn({ event: 'replication.look_refused', stream: stream.id, error });
    const refused = error instanceof Error ? redactText(error.message) : 'unknown';
    return { at: now.toISOString(), publisher: null, subscriber: null, refused };
  }
}

function measure(stream: StoredStream, look: Look): void {
  const of = { stream: stream.id, simulated: String(stream.simulated) };
  // What is not known must not stand there as the last thing that was.
  const set = (g: typeof lagBytes, value: number | null) =>
    value === null ? g.remove(of) : g.set(of, value);
  set(lagSeconds, look.lagSeconds);
  set(lagBytes, look.lagBytes);
  set(retained, look.retainedBytes);
  healthy.set(of, look.health === 'streaming' ? 1 : 0);
}

/** Kept as a series: every look of the last minute, with one entry for all of them. */
export async function recordSamples(
  ctx: CommandContext,
  samples: readonly (Sample & { streamId: string })[],
): Promise<void> {
  await ctx.record(replicationEvent('replication.measured', 'all'), samples as unknown as Json[], tx =>
    saveSamples(tx, samples, ctx.clock.now()),
  );
}
