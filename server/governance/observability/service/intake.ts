import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { log } from '#kernel/log/log.ts';
import { counter, gauge, histogram } from '#kernel/metrics/metrics.ts';
import { busy, closing } from '../errors.ts';
import { type StoredBatch, type StoredEvent, type StoredTemplate, writeEvents } from '../store/write.ts';
import { closeMining } from './mining.ts';
import { createRecorder, type Recorder } from './record.ts';

const accepted = counter('telemetry_events_total', 'Events taken, by what became of them', [
  'source',
  'outcome',
]);
const writeSeconds = histogram('telemetry_write_duration_seconds', 'Time until a micro-batch was durable');
const waiting = gauge('telemetry_queue_events', 'Events that wait to be written in this process');

/** Shape and ids are settled; only the batch is given here. */
export type Prepared = Omit<StoredEvent, 'batch'>;

export interface Taken {
  /** Whether each event was written; the others had come before. */
  fresh: boolean[];
}

export interface Limits {
  batch: number;
  waitMs: number;
  /** Events that may wait at once: what is more is refused before anything of it is taken. */
  queue: number;
  queueBytes: number;
  writers: number;
}

export const usualLimits: Limits = {
  batch: 1000,
  waitMs: 20,
  queue: 50_000,
  queueBytes: 128 * 1024 * 1024,
  writers: 3,
};

interface Waiting {
  rows: Prepared[];
  templates: readonly StoredTemplate[];
  caller: string;
  bytes: number;
  done(taken: Taken): void;
  failed(error: unknown): void;
}

export interface Intake {
  /** Resolves when all of them are durable. Takes all or, when the queue is full, none. */
  take(rows: Prepared[], caller: string, templates?: readonly StoredTemplate[]): Promise<Taken>;
  /** What was written has its entry in the ledger when this returns. */
  settle(): Promise<void>;
  close(): Promise<void>;
  readonly waiting: number;
}

const sizeOf = (row: Prepared): number => 200 + (row.message?.length ?? 0) + row.attributes.length;

/** Gathers what comes in and writes it a thousand at a time or every twenty milliseconds, whichever is first. */
export function createIntake(database: Database, clock: Clock, limits: Limits = usualLimits): Intake {
  const recorder: Recorder = createRecorder(database, clock);
  const queue: Waiting[] = [];
  let queued = 0;
  let events = 0;
  let bytes = 0;
  let writing = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let idle: (() => void)[] = [];

  const next = (): Waiting[] => {
    const batch: Waiting[] = [];
    let size = 0;
    while (queue.length > 0 && size < limits.batch) {
      const item = queue.shift() as Waiting;
      size += item.rows.length;
      batch.push(item);
    }
    queued -= size;
    return batch;
  };

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    const { rows, batches } = assigned(batch, clock.now());
    const templates = batch.flatMap(w => w.templates);
    const fresh = new Set(await writeEvents(database, rows, batches, templates));
    recorder.add(fresh, batches);
    let at = 0;
    for (const item of batch) {
      const taken = item.rows.map(() => fresh.has(rows[at++] as StoredEvent));
      count(item.rows, taken);
      item.done({ fresh: taken });
    }
  };
  const fail = (batch: readonly Waiting[], error: unknown) => {
    log().error({ event: 'telemetry.write_failed', error });
    for (const item of batch) item.failed(error);
  };
  /** What one sender brought must not keep out what the others brought with it. */
  const writeAlone = (item: Waiting) => write([item]).catch(error => fail([item], error));

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = next();
    if (batch.length === 0) return;
    writing += 1;
    const stop = writeSeconds.startTimer();
    try {
      await write(batch);
    } catch (error) {
      if (batch.length > 1 && ofData(error)) await Promise.all(batch.map(writeAlone));
      else fail(batch, error);
    } finally {
      stop();
      writing -= 1;
      for (const item of batch) {
        events -= item.rows.length;
        bytes -= item.bytes;
      }
      waiting.set(events);
      pump();
    }
  };

  const pump = () => {
    while (writing < limits.writers && (queued >= limits.batch || (ended && queue.length > 0))) void flush();
    if (queue.length > 0 && timer === undefined && writing < limits.writers)
      timer = setTimeout(() => void flush(), limits.waitMs);
    if (queue.length === 0 && writing === 0) {
      for (const wake of idle) wake();
      idle = [];
    }
  };

  const quiet = () =>
    queue.length === 0 && writing === 0
      ? Promise.resolve()
      : new Promise<void>(resolve => {
          idle.push(resolve);
        });

  return {
    get waiting() {
      return events;
    },
    take: (rows, caller, templates = []) => {
      if (ended) return Promise.reject(closing());
      if (rows.length === 0) return Promise.resolve({ fresh: [] });
      const size = rows.reduce((sum, row) => sum + sizeOf(row), 0);
      // One request alone always fits: what can never be taken would be refused for ever.
      if (events > 0 && (events + rows.length > limits.queue || bytes + size > limits.queueBytes)) {
        accepted.inc({ source: rows[0]?.source ?? '', outcome: 'refused' }, rows.length);
        return Promise.reject(busy(1));
      }
      events += rows.length;
      bytes += size;
      queued += rows.length;
      waiting.set(events);
      return new Promise<Taken>((done, failed) => {
        queue.push({ rows, templates, caller, bytes: size, done, failed });
        pump();
      });
    },
    settle: async () => {
      await quiet();
      await recorder.flush();
    },
    close: async () => {
      ended = true;
      clearTimeout(timer);
      timer = undefined;
      pump();
      await quiet();
      await recorder.stop();
    },
  };
}

/** Postgres refused a value, not the connection. */
const ofData = (error: unknown): boolean => String((error as { code?: unknown }).code).startsWith('22');

/** Each tenant's part of a micro-batch is a batch of its own, with an entry that the tenant may see. */
function assigned(items: readonly Waiting[], at: Date): { rows: StoredEvent[]; batches: StoredBatch[] } {
  const byTenant = new Map<string, StoredBatch>();
  const rows: StoredEvent[] = [];
  for (const { rows: given, caller } of items)
    for (const row of given) {
      let batch = byTenant.get(row.tenantId);
      if (!batch) {
        batch = { id: uuidv7(), tenantId: row.tenantId, sources: [], callers: [], at };
        byTenant.set(row.tenantId, batch);
      }
      if (!batch.sources.includes(row.source)) batch.sources.push(row.source);
      if (!batch.callers.includes(caller)) batch.callers.push(caller);
      rows.push({ ...row, batch: batch.id });
    }
  return { rows, batches: [...byTenant.values()] };
}

function count(rows: readonly Prepared[], fresh: readonly boolean[]): void {
  const source = rows[0]?.source ?? '';
  const written = fresh.filter(Boolean).length;
  accepted.inc({ source, outcome: 'written' }, written);
  if (written < rows.length) accepted.inc({ source, outcome: 'duplicate' }, rows.length - written);
}

export const countRejected = (source: string, lines: number): void =>
  accepted.inc({ source, outcome: 'rejected' }, lines);

const intakes = new WeakMap<Database, Intake>();

/** One per process and database: what many senders bring is written together. */
export function intakeOf(database: Database, clock: Clock): Intake {
  const known = intakes.get(database);
  if (known) return known;
  const made = createIntake(database, clock);
  intakes.set(database, made);
  return made;
}

export const settleIntake = async (database: Database): Promise<void> => intakes.get(database)?.settle();

export async function closeIntake(database: Database): Promise<void> {
  await intakes.get(database)?.close();
  intakes.delete(database);
  await closeMining(database);
}
