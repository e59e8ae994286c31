import type { ReadDb } from '#kernel/db/database.ts';
import type { RelayView } from '../schema.ts';

export interface RelayFilter {
  search: string | null;
  state: readonly string[] | null;
  region: readonly string[] | null;
  sort: 'id' | 'region' | 'lastSeenAt' | 'state';
  dir: 'asc' | 'desc';
  limit: number;
  offset: number;
}

const columns = { id: 'r.id', region: 'r.region', lastSeenAt: 'r.last_seen_at', state: 'r.state' } as const;
const where = `($1::text is null or r.id ilike $1) and ($2::text[] is null or r.state = any($2))
  and ($3::text[] is null or r.region = any($3))`;

const view = `r.id, r.region, r.labels, r.state, r.state_reason as "stateReason", r.agent, r.simulated, r.cursor, r.epoch, r.stale,
  r.strikes, r.decisions, r.joined_at as "joinedAt", r.last_seen_at as "lastSeenAt",
  (select count(*)::int from relay_policy h where h.relay_id = r.id) as holding,
  (select count(*)::int from policy p where p.state = 'active'
    and (jsonb_array_length(p.scope->'regions') = 0 or p.scope->'regions' ? r.region) and r.labels @> (p.scope->'labels')
    and not exists (select 1 from relay_policy h where h.relay_id = r.id and h.policy_id = p.id and h.version = p.active_version)) as missing`;

export const selectRelays = (db: ReadDb, f: RelayFilter): Promise<RelayView[]> =>
  db.query({
    sql: `select ${view} from relay r where ${where}
      order by ${columns[f.sort]} ${f.dir === 'asc' ? 'asc' : 'desc'} nulls last, r.id limit $4 offset $5`,
    parameters: [f.search, f.state, f.region, f.limit + 1, f.offset],
  });

export async function countRelays(
  db: ReadDb,
  f: Pick<RelayFilter, 'search' | 'state' | 'region'>,
): Promise<number> {
  const row = await db.one<{ n: number }>({
    sql: `select count(*)::int as n from relay r where ${where}`,
    parameters: [f.search, f.state, f.region],
  });
  return row?.n ?? 0;
}

export const findRelayView = (db: ReadDb, id: string): Promise<RelayView | null> =>
  db.one({ sql: `select ${view} from relay r where r.id = $1`, parameters: [id] });

export const heldBy = (
  db: ReadDb,
  id: string,
): Promise<
  { policy: string; version: number; hash: string; epoch: number; at: string; activeVersion: number | null }[]
> =>
  db.query({
    sql: `select h.policy_id as policy, h.version, h.hash, h.epoch, h.at, p.active_version as "activeVersion"
      from relay_policy h left join policy p on p.id = h.policy_id where h.relay_id = $1 order by h.policy_id limit 1000`,
    parameters: [id],
  });
