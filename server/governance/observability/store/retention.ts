import type { ReadDb, Tx } from '#kernel/db/database.ts';

export interface Partition {
  parent: string;
  day: string;
  bytes: number;
  rows: number;
}

export const selectPartitions = (db: ReadDb): Promise<Partition[]> =>
  db.query<Partition>({
    name: 'telemetry-partitions',
    sql: 'select parent, day::text as day, bytes, rows from telemetry_partitions() order by day, parent',
    parameters: [],
  });

export async function expireBefore(tx: Tx, day: string): Promise<string[]> {
  const [row] = await tx.$queryRaw<{ gone: string[] }[]>`select telemetry_expire(${day}::date) as gone`;
  return row?.gone ?? [];
}
