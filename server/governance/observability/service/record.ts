import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { log } from '#kernel/log/log.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { telemetryEvent } from '../events.ts';
import { factOf, inOrder } from '../rules/facts.ts';
import { markRecorded, selectBatchFacts, selectUnrecorded } from '../store/batches.ts';
import type { StoredBatch, StoredEvent } from '../store/write.ts';

export interface Recorder {
  add(fresh: Iterable<StoredEvent>, batches: readonly StoredBatch[]): void;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const everyMs = 1000;

interface Due {
  batch: Pick<StoredBatch, 'id' | 'tenantId' | 'sources' | 'callers'>;
  facts: Json[];
}

/**
 * The rows are durable with a batch that says what is still owed; the digests of a second follow as one entry per tenant.
 * If the process ends in between, `recordLate` finds the batches and computes the same digests from the rows.
 */
export function createRecorder(database: Database, clock: Clock): Recorder {
  const ctx = systemContext('telemetry.ingest', database, clock);
  let due: Due[] = [];
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const now = due;
    due = [];
    if (now.length > 0)
      running = running.then(() =>
        recordBatches(ctx, now).catch(error => log().warn({ event: 'telemetry.record_failed', error })),
      );
    return running;
  };

  return {
    add: (fresh, batches) => {
      const rows = Map.groupBy(fresh, row => row.batch);
      for (const batch of batches) {
        const own = rows.get(batch.id);
        if (own) due.push({ batch, facts: inOrder(own).map(factOf) });
      }
      if (due.length > 0) timer ??= setTimeout(() => void flush(), everyMs).unref();
    },
    flush,
    stop: flush,
  };
}

async function recordBatches(ctx: CommandContext, due: readonly Due[]): Promise<void> {
  for (const [tenantId, own] of Map.groupBy(due, d => d.batch.tenantId)) {
    const all = (pick: (d: Due) => readonly string[]) => [...new Set(own.flatMap(pick))].sort();
    const event = telemetryEvent(
      'telemetry.ingested',
      {
        sources: all(d => d.batch.sources),
        callers: all(d => d.batch.callers),
        batches: own.map(d => ({ id: d.batch.id, count: d.facts.length })),
      },
      { tenantId, target: { kind: 'tenant', id: tenantId } },
    );
    await ctx.record(
      event,
      own.flatMap(d => d.facts),
      tx =>
        markRecorded(
          tx,
          own.map(d => d.batch.id),
          ctx.clock.now(),
        ),
    );
  }
}

const lateMs = 30_000;

/** What a process that ended left behind. */
export async function recordLate(ctx: CommandContext): Promise<number> {
  const before = new Date(ctx.clock.now().getTime() - lateMs);
  const found = await selectUnrecorded(ctx.database, before);
  const due: Due[] = [];
  for (const batch of found) {
    const rows = await selectBatchFacts(ctx.database, batch.id, new Date(batch.at));
    due.push({ batch, facts: inOrder(rows).map(factOf) });
  }
  await recordBatches(
    ctx,
    due.filter(d => d.facts.length > 0),
  );
  return due.length;
}
