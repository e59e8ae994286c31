import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Discrepancy } from './rules.ts';
import type { DiscrepancyRow } from './schema.ts';

export interface FleetRow {
  relay: string;
  lastSeenAt: string | null;
  policy: string | null;
  /** Null where the relay holds something that does not concern it. */
  desired: number | null;
  hash: string | null;
  since: string | null;
  heldVersion: number | null;
  heldHash: string | null;
}

/** Every admitted relay with every policy that concerns it or that it says it holds, in one statement. */
export const selectFleet = (db: ReadDb): Promise<FleetRow[]> =>
  db.query({
    name: 'policy-sync-fleet',
    sql: `select r.id as relay, r.last_seen_at as "lastSeenAt", coalesce(p.id, h.policy_id) as policy,
        p.active_version as desired, p.active_hash as hash, a."from" as since, h.version as "heldVersion", h.hash as "heldHash"
      from relay r
      left join policy p on p.state = 'active' and (jsonb_array_length(p.scope->'regions') = 0 or p.scope->'regions' ? r.region)
        and r.labels @> (p.scope->'labels')
      left join relay_policy h on h.relay_id = r.id and h.policy_id = p.id
      left join policy_activation a on a.policy_id = p.id and a.epoch = p.active_epoch
      where r.state = 'admitted'
      union all
      select r.id, r.last_seen_at, h.policy_id, null, null, null, h.version, h.hash
      from relay_policy h join relay r on r.id = h.relay_id
      where r.state = 'admitted' and not exists (select 1 from policy p where p.id = h.policy_id and p.state = 'active'
        and (jsonb_array_length(p.scope->'regions') = 0 or p.scope->'regions' ? r.region) and r.labels @> (p.scope->'labels'))`,
    parameters: [],
  });

const columns = `id, relay_id as relay, policy_id as policy, kind, desired, observed, since, resolved_at as "resolvedAt"`;

export const openRows = (db: ReadDb): Promise<DiscrepancyRow[]> =>
  db.query({
    sql: `select ${columns} from policy_discrepancy where resolved_at is null order by since limit 5000`,
    parameters: [],
  });

export const resolvedRows = (db: ReadDb): Promise<DiscrepancyRow[]> =>
  db.query({
    sql: `select ${columns} from policy_discrepancy where resolved_at is not null order by resolved_at desc limit 50`,
    parameters: [],
  });

export interface RunRow {
  at: string;
  relays: number;
  policies: number;
  discrepancies: number;
  opened: number;
  resolved: number;
  rolledBack: string | null;
}

export const lastRuns = (db: ReadDb): Promise<RunRow[]> =>
  db.query({
    sql: `select at, relays, policies, discrepancies, opened, resolved, rolled_back as "rolledBack"
      from policy_sync_run order by id desc limit 60`,
    parameters: [],
  });

export async function saveRun(
  tx: Tx,
  run: Omit<RunRow, 'at'>,
  opened: readonly (Discrepancy & { id: string })[],
  resolved: readonly string[],
  now: Date,
): Promise<void> {
  await tx.policyDiscrepancy.createMany({
    data: opened.map(({ relay, policy, ...d }) => ({ ...d, relayId: relay, policyId: policy, since: now })),
  });
  await tx.policyDiscrepancy.updateMany({ where: { id: { in: [...resolved] } }, data: { resolvedAt: now } });
  await tx.policySyncRun.create({ data: { ...run, at: now } });
  await tx.$executeRaw`delete from policy_sync_run where at < ${now}::timestamptz - interval '7 days'`;
}
