import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { KeyRange, LeakScan, ParityRun, ValueCursor } from '../schema.ts';

export interface StoredParity extends ParityRun {
  cursor: string[];
  rowsPerSecond: number;
}

const parityColumns = `id, stream_id as "streamId", table_name as "table", state, rows, chunks, differing, ranges, message, simulated,
  cursor, rows_per_second as "rowsPerSecond", started_at as "startedAt", finished_at as "finishedAt"`;

export const selectParity = (db: ReadDb, streamId: string, limit = 20): Promise<StoredParity[]> =>
  db.query({
    name: 'replication-parity',
    sql: `select ${parityColumns} from replication_parity where stream_id = $1 order by started_at desc, id desc limit $2`,
    parameters: [streamId, limit],
  });

/** The newest of each table of each stream. */
export const latestParity = (db: ReadDb): Promise<StoredParity[]> =>
  db.query({
    name: 'replication-parity-latest',
    sql: `select distinct on (stream_id, table_name) ${parityColumns} from replication_parity
      order by stream_id, table_name, started_at desc, id desc`,
    parameters: [],
  });

/** The newest of each table that came to an end: one that is under way takes nothing from the one before. */
export const endedParity = (db: ReadDb): Promise<StoredParity[]> =>
  db.query({
    name: 'replication-parity-ended',
    sql: `select distinct on (stream_id, table_name) ${parityColumns} from replication_parity where state <> 'running'
      order by stream_id, table_name, started_at desc, id desc`,
    parameters: [],
  });

export const findParity = (db: ReadDb, id: string): Promise<StoredParity | null> =>
  db.one({
    name: 'replication-parity-one',
    sql: `select ${parityColumns} from replication_parity where id = $1`,
    parameters: [id],
  });

export async function insertParity(
  tx: Tx,
  runs: readonly { id: string; streamId: string; table: string; rowsPerSecond: number; simulated: boolean }[],
  now: Date,
): Promise<void> {
  await tx.replicationParity.createMany({
    data: runs.map(run => ({ ...run, state: 'running', cursor: [], ranges: [], startedAt: now })),
  });
}

export async function saveParity(
  tx: Tx,
  id: string,
  change: {
    state?: ParityRun['state'];
    cursor?: string[];
    rows?: number;
    chunks?: number;
    differing?: number;
    ranges?: KeyRange[];
    message?: string | null;
    finishedAt?: Date;
  },
): Promise<void> {
  await tx.replicationParity.update({ where: { id }, data: change });
}

export interface StoredScan extends LeakScan {
  cursor: ValueCursor | null;
}
type Progress = Pick<StoredScan, 'rows' | 'leaks' | 'looked' | 'chunks'> & {
  state: StoredScan['state'];
  cursor?: ValueCursor;
};

export async function insertScan(
  tx: Tx,
  scan: Pick<StoredScan, 'id' | 'streamId' | 'simulated' | 'whole'> & Progress,
  now: Date,
): Promise<void> {
  await tx.replicationScan.create({ data: { ...scan, at: now } as never });
}

export async function saveScan(tx: Tx, id: string, change: Progress, now: Date): Promise<void> {
  await tx.replicationScan.update({ where: { id }, data: { ...change, at: now } as never });
}

/** A search for every value that was cut off goes on from here. */
export const findOpenScan = (db: ReadDb, streamId: string): Promise<StoredScan | null> =>
  db.one({
    name: 'replication-scan-open',
    sql: `select ${scanColumns}, cursor from replication_scan where stream_id = $1 and state = 'running' order by at desc limit 1`,
    parameters: [streamId],
  });

const scanColumns = 'id, stream_id as "streamId", at, rows, leaks, simulated, state, whole, looked, chunks';
export const selectScans = (db: ReadDb, streamId: string, limit = 10): Promise<LeakScan[]> =>
  db.query({
    name: 'replication-scans',
    sql: `select ${scanColumns} from replication_scan where stream_id = $1 order by at desc, id desc limit $2`,
    parameters: [streamId, limit],
  });

export const latestScans = (db: ReadDb): Promise<LeakScan[]> =>
  db.query({
    name: 'replication-scans-latest',
    sql: `select distinct on (stream_id) ${scanColumns} from replication_scan where state = 'done'
      order by stream_id, at desc, id desc`,
    parameters: [],
  });
