import type { Database, ReadDb, Tx } from '#kernel/db/database.ts';
import { Prisma } from '#kernel/db/generated/client.ts';
import type { Json } from '#kernel/ledger/event.ts';
import type { Held, Look, Sample, StreamRow, StreamTable } from '../schema.ts';

/** What is still to be done to a stream on its servers; carried out by a job, one after another. */
export type Task =
  | { do: 'make' }
  | { do: 'pause' }
  | { do: 'resume' }
  | { do: 'retire' }
  | { do: 'clear' }
  | { do: 'resync'; table: string };

/** How a stream was before a failover cut it. */
export interface Cut {
  state: StreamRow['state'];
  message: string | null;
  pending: Task[];
}

export interface StoredStream extends Omit<StreamRow, 'embedded'> {
  pending: Task[];
  copy: boolean;
  cut: Cut | null;
}

const streamColumns = `s.id, s.publisher, s.subscriber, s.state, s.message, s.held, s.cut, s.pending, s.tables, s.tenants, s.raw, s.copy,
  s.wal_budget_mb as "walBudgetMb", s.simulated, s.created_at as "createdAt", s.updated_at as "updatedAt", l.look`;
const from = 'from replication_stream s left join replication_look l on l.stream_id = s.id';
const reach = (db: ReadDb) => (db.scope.reach === 'simulated' ? 's.simulated' : 'true');

export const selectStreams = (db: ReadDb): Promise<StoredStream[]> =>
  db.query({
    name: `replication-streams-${db.scope.reach ?? 'all'}`,
    sql: `select ${streamColumns} ${from} where ${reach(db)} order by s.id`,
    parameters: [],
  });

export const findStream = (db: ReadDb, id: string): Promise<StoredStream | null> =>
  db.one({
    name: `replication-stream-${db.scope.reach ?? 'all'}`,
    sql: `select ${streamColumns} ${from} where s.id = $1 and ${reach(db)}`,
    parameters: [id],
  });

/** Whoever asks: it says which regions are joined and whether the tenant's rows are in it, and nothing else. */
export async function selectJoined(
  database: Database,
  tenant: string,
): Promise<{ from: string; to: string; carries: boolean }[]> {
  const { rows } = await database.pool('atom_app').query({
    name: 'replication-joined',
    text: `select publisher as "from", subscriber as "to", $1 = any (tenants) as carries from replication_stream where state <> 'retired'`,
    values: [tenant],
  });
  return rows;
}

export interface NewStream {
  id: string;
  publisher: string;
  subscriber: string;
  state: StoredStream['state'];
  tables: StreamTable[];
  tenants: string[];
  raw: boolean;
  copy: boolean;
  walBudgetMb: number;
  simulated: boolean;
  pending: Task[];
}

/** False when the name is taken. */
export async function insertStream(tx: Tx, stream: NewStream, now: Date): Promise<boolean> {
  const { count } = await tx.replicationStream.createMany({
    data: [{ ...stream, createdAt: now, updatedAt: now }],
    skipDuplicates: true,
  });
  return count === 1;
}

export async function changeStream(
  tx: Tx,
  id: string,
  {
    held,
    cut,
    ...change
  }: Partial<Pick<NewStream, 'state' | 'pending' | 'tables' | 'copy'>> & {
    message?: string | null;
    held?: Held | null;
    cut?: Cut | null;
  },
  now: Date,
): Promise<void> {
  const kept = {
    ...(held === undefined ? {} : { held: held ?? Prisma.DbNull }),
    ...(cut === undefined ? {} : { cut: (cut as Prisma.InputJsonValue | null) ?? Prisma.DbNull }),
  };
  await tx.replicationStream.update({
    where: { id },
    data: { ...change, ...kept, version: { increment: 1 }, updatedAt: now },
  });
}

/** Two that change a stream do so one after the other, and each sees what the other left. */
export async function lockStream(tx: Tx, id: string) {
  await tx.$queryRaw`select 1 from replication_stream where id = ${id} for update`;
  const row = await tx.replicationStream.findUnique({
    where: { id },
    select: { state: true, message: true, pending: true },
  });
  return row as Cut | null;
}

/** The newest look replaces the one before: what was seen is a reading of an instrument, not somebody's act. */
export async function saveLook(database: Database, id: string, look: Look): Promise<void> {
  await database.pool('atom_app').query({
    name: 'replication-look',
    text: `insert into replication_look (stream_id, at, look) values ($1, $2, $3)
      on conflict (stream_id) do update set at = excluded.at, look = excluded.look`,
    values: [id, look.at, JSON.stringify(look)],
  });
}

export async function saveSamples(tx: Tx, samples: readonly (Sample & { streamId: string })[], now: Date) {
  await tx.replicationSample.createMany({ data: [...samples], skipDuplicates: true });
  await tx.$executeRaw`delete from replication_sample where at < ${now}::timestamptz - interval '7 days'`;
}

export const selectSamples = (db: ReadDb, id: string): Promise<Sample[]> =>
  db.query({
    name: 'replication-samples',
    sql: `select at, lag_bytes as "lagBytes", lag_seconds as "lagSeconds", retained_bytes as "retainedBytes" from (
        select * from replication_sample where stream_id = $1 order by at desc limit 180) newest order by at`,
    parameters: [id],
  });

export const asJson = (value: unknown): Json => value as Json;
