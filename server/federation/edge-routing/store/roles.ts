import type { Database } from '#kernel/db/database.ts';
import type { RoleRow } from '../rules/right.ts';

/** For a route, whoever asks: it has to lead to who writes now, also where the caller may not see the role itself. */
export async function selectRoles(database: Database): Promise<RoleRow[]> {
  const { rows } = await database.pool('atom_app').query({
    name: 'edge-roles',
    text: `select w.region, w.writes, w.fencing, w.epoch, w.unknown_since as "unknownSince", o.up as looked, o.heard_at as "heardAt"
      from region_write w left join failover_observation o on o.region = w.region and o.observer = 'console' order by w.region`,
    values: [],
  });
  return rows as RoleRow[];
}
