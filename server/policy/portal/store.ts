import type { ReadDb } from '#kernel/db/database.ts';

export interface HashRow {
  policy: string;
  kind: string;
  version: number;
  hash: string;
  epoch: number;
  since: string;
  relays: number;
  holding: number;
}

/** Of the installation's own policies; a tenant's are nobody else's business. */
export const selectHashes = (db: ReadDb): Promise<HashRow[]> =>
  db.query({
    sql: `select p.id as policy, p.kind, p.active_version as version, p.active_hash as hash, p.active_epoch as epoch,
        a."from" as since, count(r.id)::int as relays,
        count(h.relay_id) filter (where h.hash = p.active_hash)::int as holding
      from policy p join policy_activation a on a.epoch = p.active_epoch
      left join relay r on r.state = 'admitted' and r.labels @> (p.scope->'labels')
        and (jsonb_array_length(p.scope->'regions') = 0 or p.scope->'regions' ? r.region)
      left join relay_policy h on h.relay_id = r.id and h.policy_id = p.id
      where p.state = 'active' and p.tenant_id is null
      group by p.id, a."from" order by p.id limit 1000`,
    parameters: [],
  });

export const selectRegions = async (db: ReadDb): Promise<string[]> =>
  (
    await db.query<{ region: string }>({
      sql: `select region from relay where region is not null
        union select id from region order by 1 limit 500`,
      parameters: [],
    })
  ).map(row => row.region);

/** Which ledger entry activated what, by epoch. */
export const selectActivationEntries = (
  db: ReadDb,
  policies: readonly string[],
): Promise<{ epoch: number; uid: string }[]> =>
  db.query({
    sql: `select (convert_from(e.body, 'UTF8')::jsonb->'detail'->>'epoch')::int as epoch, e.uid
      from ledger_entry e where e.type = 'policy.activated' and e.target = any($1)`,
    parameters: [policies.map(id => `policy:${id}`)],
  });

export interface PackedPolicy {
  id: string;
  kind: string;
  version: number;
  hash: string;
  epoch: number;
  from: string;
  until: string | null;
  content: Buffer;
  statement: string;
}

const packed = `select a.policy_id as id, p.kind, a.version, a.hash, a.epoch, a."from", a.until, v.content, v.statement
  from policy_activation a join policy p on p.id = a.policy_id
  join policy_version v on v.policy_id = a.policy_id and v.version = a.version`;

export const packedOf = (db: ReadDb, id: string): Promise<PackedPolicy[]> =>
  db.query({
    sql: `${packed} where a.policy_id = $1 and not a.revoked order by a.epoch limit 1000`,
    parameters: [id],
  });

export const packedAt = (db: ReadDb, epochs: readonly number[]): Promise<PackedPolicy[]> =>
  db.query({ sql: `${packed} where a.epoch = any($1) order by a.policy_id`, parameters: [epochs] });
