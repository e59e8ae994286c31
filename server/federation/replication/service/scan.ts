import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { replicationEvent } from '../events.ts';
import { mergedLeaks, mergedLooked } from '../rules/leaks.ts';
import type { LeakScan } from '../schema.ts';
import { findOpenScan, insertScan, type StoredScan, saveScan } from '../store/evidence.ts';
import { gatewayOf, planOf } from './gateways.ts';
import { requireStream } from './streams.ts';

const own = (ctx: CommandContext): CommandContext => ({ ...ctx, db: ctx.ownWrites() });

/** Every row by form, and a sample of values; what was looked at is kept with what was found. */
export async function scanStream(ctx: CommandContext, streamId: string): Promise<LeakScan> {
  const stream = await requireStream(own(ctx), streamId);
  const { rows, leaks, looked } = await gatewayOf(ctx, stream).scan(planOf(stream), { values: true });
  const scan = {
    ...{ id: uuidv7(), streamId, rows, leaks, looked, simulated: stream.simulated },
    ...{ state: 'done' as const, whole: false, chunks: 1 },
  };
  await ctx.commit(scanned(scan), tx => insertScan(tx, scan, ctx.clock.now()));
  return { ...scan, at: ctx.clock.now().toISOString() };
}

/** Every value of every personal column, a chunk at a time; what was cut off goes on after the last chunk. */
export async function scanWhole(
  ctx: CommandContext,
  streamId: string,
  signal?: AbortSignal,
): Promise<LeakScan> {
  const stream = await requireStream(own(ctx), streamId);
  const gateway = gatewayOf(ctx, stream);
  const plan = planOf(stream);
  let scan = await findOpenScan(ctx.ownWrites(), streamId);
  if (!scan) {
    const { rows, leaks } = await gateway.scan(plan, { values: false });
    const begun = {
      ...{ id: uuidv7(), streamId, rows, leaks, looked: [], simulated: stream.simulated },
      ...{ state: 'running' as const, whole: true, chunks: 1 },
    };
    await ctx.database.write(ctx.scope, tx => insertScan(tx, begun, ctx.clock.now()));
    scan = { ...begun, at: ctx.clock.now().toISOString(), cursor: null };
  }
  for (;;) {
    if (signal?.aborted) throw new Error('The search was interrupted; it goes on from the last chunk.');
    const chunk = await gateway.scanValues(plan, scan.cursor);
    if (!chunk) break;
    const next: StoredScan = {
      ...scan,
      leaks: mergedLeaks(scan.leaks, chunk.leaks),
      looked: mergedLooked(scan.looked ?? [], chunk.looked),
      chunks: scan.chunks + 1,
      cursor: chunk.next,
    };
    const { rows, leaks, looked, chunks } = next;
    const progress = { rows, leaks, looked, chunks, state: 'running' as const, cursor: chunk.next };
    await ctx.database.write(ctx.scope, tx => saveScan(tx, next.id, progress, ctx.clock.now()));
    scan = next;
  }
  const { cursor: _cursor, ...found } = scan;
  const done = { ...found, state: 'done' as const, at: ctx.clock.now().toISOString() };
  const { rows, leaks, looked, chunks, state } = done;
  await ctx.commit(scanned(done), tx =>
    saveScan(tx, done.id, { rows, leaks, looked, chunks, state }, ctx.clock.now()),
  );
  return done;
}

const scanned = ({
  streamId,
  rows,
  leaks,
  whole,
  looked,
}: Pick<LeakScan, 'streamId' | 'rows' | 'leaks' | 'whole' | 'looked'>) =>
  replicationEvent('replication.scanned', streamId, {
    ...{ rows, leaks: leaks.length, whole },
    values: (looked ?? []).reduce((sum, one) => sum + one.values, 0),
    of: (looked ?? []).reduce((sum, one) => sum + one.of, 0),
  });
