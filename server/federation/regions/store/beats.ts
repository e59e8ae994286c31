import type { ReadDb, Tx } from '#kernel/db/database.ts';

export interface OwedBeat {
  region: string;
  sequence: number;
  at: string;
  heardAt: string;
}

/** Since when a beat waits for its entry; nothing if none does. */
export const oldestOwed = async (db: ReadDb): Promise<string | null> =>
  (
    await db.one<{ heardAt: string | null }>({
      name: 'regions-oldest-owed',
      sql: 'select min(heard_at) as "heardAt" from region_beat where recorded_at is null',
      parameters: [],
    })
  )?.heardAt ?? null;

/** The longest waiting, in the order of their digest: by region, then by sequence. */
export const selectOwed = (db: ReadDb, atMost: number): Promise<OwedBeat[]> =>
  db.query({
    name: 'regions-owed',
    sql: `select * from (
        select region_id collate "C" as region, sequence, at, heard_at as "heardAt" from region_beat
        where recorded_at is null order by heard_at, region_id, sequence limit $1) owed
      order by region, sequence`,
    parameters: [atMost],
  });

/** How many of them were still owed: another worker may have been at it. */
export function markBeats(tx: Tx, beats: readonly OwedBeat[], now: Date): Promise<number> {
  return tx.$executeRaw`
    update region_beat b set recorded_at = ${now}
    from unnest(${beats.map(beat => beat.region)}::text[], ${beats.map(beat => beat.sequence)}::bigint[]) as o(region, sequence)
    where b.region_id = o.region and b.sequence = o.sequence and b.recorded_at is null`;
}

/** What is owed an entry stays, however old it is. */
export async function pruneBeats(tx: Tx, before: Date): Promise<number> {
  return (await tx.regionBeat.deleteMany({ where: { recordedAt: { lt: before } } })).count;
}
