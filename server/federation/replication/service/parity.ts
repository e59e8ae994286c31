import { uuidv7 } from '#kernel/ids/ids.ts';
import type { JobRequest } from '#kernel/ledger/event.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { notInStream, wrongState } from '../errors.ts';
import { replicationEvent } from '../events.ts';
import type { ChunkQuestion, ReplicationGateway, StreamPlan } from '../gateway.ts';
import { boundedRanges, Differences, pauseAfter, sameChunk } from '../rules/parity.ts';
import type { KeyRange, LeakScan, ParityRun } from '../schema.ts';
import { findParity, insertParity, type StoredParity, saveParity, selectScans } from '../store/evidence.ts';
import { gatewayOf, planOf } from './gateways.ts';
import { requireStream } from './streams.ts';

const scanJob = (id: string, whole: boolean): JobRequest => ({
  task: whole ? 'replication.scan_whole' : 'replication.scan',
  key: `scan${whole ? '-whole' : ''}:${id}`,
  payload: { id },
  maxAttempts: whole ? 12 : 3,
});

const chunkRows = 10_000;
/** Into pieces of so many rows a chunk that differs is cut before single rows are asked for. */
const pieceRows = 500;
const settleMs = 10_000;
/** A row that is under way differs for a moment: only what still differs after so many looks is a difference. */
const looks = 3;

const shown = ({ cursor: _cursor, rowsPerSecond: _rate, ...run }: StoredParity): ParityRun => run;

export async function requestVerify(
  ctx: CommandContext,
  input: {
    id: string;
    tables?: string[] | undefined;
    rowsPerSecond: number;
    leaks: boolean;
    whole?: boolean;
  },
): Promise<{ runs: ParityRun[]; leakScan: LeakScan | null }> {
  const stream = await requireStream(ctx, input.id);
  if (stream.state !== 'active')
    throw wrongState(stream.id, stream.state, 'only an active one can be compared');
  const own = stream.tables.map(t => t.table);
  const foreign = input.tables?.find(table => !own.includes(table));
  if (foreign) throw notInStream(stream.id, foreign);
  const runs = (input.tables ?? own).map(table => ({
    id: uuidv7(),
    streamId: stream.id,
    table,
    rowsPerSecond: input.rowsPerSecond,
    simulated: stream.simulated,
  }));
  const jobs = [
    ...runs.map(run => ({
      task: 'replication.compare',
      key: `parity:${run.id}`,
      payload: { id: run.id },
      maxAttempts: 12,
    })),
    ...(input.leaks ? [scanJob(stream.id, input.whole ?? false)] : []),
  ];
  await ctx.commit(
    replicationEvent(
      'replication.verify_requested',
      stream.id,
      { tables: runs.map(r => r.table), whole: input.whole ?? false },
      jobs,
    ),
    tx => insertParity(tx, runs, ctx.clock.now()),
  );
  const stored = await Promise.all(runs.map(run => findParity(ctx.ownWrites(), run.id)));
  const [last] = await selectScans(ctx.db, stream.id, 1);
  return { runs: stored.flatMap(run => (run ? [shown(run)] : [])), leakScan: last ?? null };
}

/** Goes on where an earlier attempt was cut off; each chunk is settled before the next one is asked for. */
export async function compareTable(
  ctx: CommandContext,
  id: string,
  signal?: AbortSignal,
): Promise<ParityRun | null> {
  for (;;) {
    const run = await findParity(ctx.ownWrites(), id);
    if (run?.state !== 'running') return run ? shown(run) : null;
    if (signal?.aborted) throw new Error('The comparison was interrupted; it goes on from the last chunk.');
    const stream = await requireStream({ ...ctx, db: ctx.ownWrites() }, run.streamId);
    const gateway = gatewayOf(ctx, stream);
    const plan = planOf(stream);
    const started = performance.now();
    try {
      if (run.chunks === 0) await gateway.freshStatistics(plan, run.table);
      const chunk = await compareChunk(gateway, plan, run);
      const ranges = boundedRanges([...run.ranges, ...chunk.ranges]);
      const differing = run.differing + chunk.ranges.reduce((sum, r) => sum + r.rows, 0);
      const totals = { rows: run.rows + chunk.rows, chunks: run.chunks + 1, ranges, differing };
      if (chunk.last === null)
        await finish(ctx, run, { ...totals, state: differing > 0 ? 'differs' : 'equal', message: null });
      else
        await ctx.database.write(ctx.scope, tx =>
          saveParity(tx, id, { ...totals, cursor: chunk.last ?? [] }),
        );
      await wait(pauseAfter(chunk.rows, performance.now() - started, run.rowsPerSecond), signal);
    } catch (error) {
      if (error instanceof RegionUnreachable) throw error;
      if (!(error instanceof NotSettled)) throw error;
      await finish(ctx, run, { ...pick(run), state: 'failed', message: error.message });
    }
  }
}

class NotSettled extends Error {}
const pick = ({ rows, chunks, ranges, differing }: StoredParity) => ({ rows, chunks, ranges, differing });

interface ComparedChunk {
  rows: number;
  ranges: KeyRange[];
  /** Null: it was the last one. */
  last: string[] | null;
}

async function compareChunk(
  gateway: ReplicationGateway,
  plan: StreamPlan,
  run: StoredParity,
): Promise<ComparedChunk> {
  const after = run.cursor.length > 0 ? run.cursor : null;
  const { table } = run;
  let rows = 0;
  for (let look = 1; ; look += 1) {
    const home = await gateway.chunk(plan, 'publisher', { table, after, upTo: null, limit: chunkRows });
    // After the last row at home the mirror may hold more: then it is asked without an end.
    const last = home.rows === chunkRows ? home.last : null;
    const part = { table, after, upTo: last, limit: null };
    const mirror = await gateway.chunk(plan, 'subscriber', part);
    rows = home.rows;
    if (sameChunk(home, mirror)) return { rows, ranges: [], last };
    if (look < looks) {
      const { waits } = await gateway.settle(plan, settleMs);
      if (waits !== null)
        throw new NotSettled(
          `The mirror did not catch up, so rows under way cannot be told from wrong ones: ${waits}.`,
        );
      continue;
    }
    return { rows, ranges: await nameRows(gateway, plan, part), last };
  }
}

/** Only pieces that differ are read row by row, and never more rows at a time than a chunk has. */
async function nameRows(
  gateway: ReplicationGateway,
  plan: StreamPlan,
  { table, after: from, upTo }: ChunkQuestion,
): Promise<KeyRange[]> {
  const found = new Differences();
  for (let after = from; ; ) {
    const home = await gateway.chunk(plan, 'publisher', { table, after, upTo, limit: pieceRows });
    const end = home.rows === pieceRows ? home.last : upTo;
    const part = { table, after, upTo: end, limit: null };
    if (sameChunk(home, await gateway.chunk(plan, 'subscriber', part))) found.agree();
    else {
      const piece = found.piece(await gateway.rowHashes(plan, 'publisher', part));
      for (let read: string[] | null = after; ; ) {
        const page = await gateway.rowHashes(plan, 'subscriber', { ...part, after: read, limit: chunkRows });
        piece.page(page);
        if (page.length < chunkRows) break;
        read = page.at(-1)?.key ?? null;
      }
      piece.end();
    }
    if (home.rows < pieceRows) return found.ranges();
    after = end;
  }
}

async function finish(
  ctx: CommandContext,
  run: StoredParity,
  end: {
    state: ParityRun['state'];
    rows: number;
    chunks: number;
    differing: number;
    ranges: KeyRange[];
    message: string | null;
  },
): Promise<void> {
  const { state, rows, differing } = end;
  await ctx.commit(
    replicationEvent('replication.verified', run.streamId, { table: run.table, state, rows, differing }),
    tx => saveParity(tx, run.id, { ...end, finishedAt: ctx.clock.now() }),
  );
}

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0) return Promise.resolve();
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
