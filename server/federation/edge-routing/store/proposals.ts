import type { ReadDb } from '#kernel/db/database.ts';
import { mostPerHour } from '../schema.ts';

/** What became of a request; null = there is none of this id. */
export const proposalState = async (db: ReadDb, id: string): Promise<string | null> => {
  const row = await db.one<{ state: string }>({
    sql: 'select state from approval_request where id = $1',
    parameters: [id],
  });
  return row?.state ?? null;
};

/** When the newest were ordered: as many as any limit for an hour can count. */
export const selectOrderTimes = (db: ReadDb): Promise<{ startedAt: string; dry: boolean }[]> =>
  db.query({
    sql: `select started_at as "startedAt", dry from failover_run
      where not dry and ${db.scope.reach === 'simulated' ? 'simulated' : 'true'} order by started_at desc limit $1`,
    parameters: [mostPerHour],
  });
