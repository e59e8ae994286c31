import { sql } from 'kysely';
import { compiler, prepared } from '#kernel/db/compile.ts';
import type { ReadDb } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { ListPoliciesInput, PolicyRow, RolloutRow } from '../schema.ts';

interface Tables {
  policy: { id: string; kind: string; tenant_id: string | null; state: string; updated_at: string };
}
const k = compiler<Tables>();
const columns = { id: 'id', kind: 'kind', updatedAt: 'updated_at', state: 'state' } as const;

function filtered(input: Pick<ListPoliciesInput, 'search' | 'kind' | 'state' | 'tenant'>) {
  let q = k.selectFrom('policy');
  if (input.search) q = q.where('id', 'ilike', likePattern(input.search));
  if (input.kind?.length) q = q.where('kind', 'in', input.kind);
  if (input.state?.length) q = q.where('state', 'in', input.state);
  if (input.tenant?.length) q = q.where('tenant_id', 'in', input.tenant);
  return q;
}

/** Which admitted relays a scope concerns: everywhere, or in its regions, and with all of its labels. */
const concerned = `(jsonb_array_length(p.scope->'regions') = 0 or p.scope->'regions' ? r.region)
  and r.labels @> (p.scope->'labels')`;

export function selectPolicies(db: ReadDb, input: ListPoliciesInput): Promise<PolicyRow[]> {
  const by = columns[input.sort];
  const q = filtered(input)
    .select([
      'id',
      'kind',
      'tenant_id as tenantId',
      'state',
      sql<unknown>`scope`.as('scope'),
      sql<number>`latest_version`.as('latestVersion'),
      sql<number | null>`active_version`.as('activeVersion'),
      sql<string | null>`active_hash`.as('activeHash'),
      sql<number | null>`active_epoch`.as('activeEpoch'),
      'updated_at as updatedAt',
      sql<number>`0`.as('holding'),
      sql<number>`0`.as('relays'),
    ])
    .orderBy(by, input.dir)
    .$if(by !== 'id', query => query.orderBy('id', input.dir))
    .limit(input.limit + 1)
    .offset(input.offset)
    .compile();
  return db.query<PolicyRow>(prepared(q) as never);
}

export async function countPolicies(db: ReadDb, input: ListPoliciesInput): Promise<number> {
  const q = filtered(input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

/** For operators: of the relays each policy concerns, how many hold its active version. */
export const fleetOf = (
  db: ReadDb,
  policies: readonly string[],
): Promise<{ id: string; relays: number; holding: number }[]> =>
  db.query({
    sql: `select p.id, count(r.id)::int as relays, count(h.relay_id)::int as holding
      from policy p left join relay r on r.state = 'admitted' and ${concerned}
      left join relay_policy h on h.relay_id = r.id and h.policy_id = p.id and h.version = p.active_version
      where p.id = any($1) group by p.id`,
    parameters: [policies],
  });

const rolloutSql = `select o.id, o.policy_id as "policyId", o.version, p.kind, o.strict, o.state,
    o.published_at as "publishedAt", o.staged_at as "stagedAt", o.decided_at as "decidedAt", o.epoch, o.reason,
    m.members, m.staged, m.active, m.refused, m.p50, m.p99, m.slowest
  from policy_rollout o join policy p on p.id = o.policy_id
  left join lateral (
    select count(*)::int as members, count(*) filter (where m.staged_at is not null)::int as staged,
      count(*) filter (where m.active_at is not null)::int as active,
      count(*) filter (where m.ack = 'refused')::int as refused,
      percentile_cont(0.5) within group (order by extract(epoch from m.active_at - o.published_at) * 1000) as p50,
      percentile_cont(0.99) within group (order by extract(epoch from m.active_at - o.published_at) * 1000) as p99,
      max(extract(epoch from m.active_at - o.published_at) * 1000)::float8 as slowest
    from policy_rollout_member m where m.rollout_id = o.id) m on true`;

export const selectRollouts = (db: ReadDb, policy: string | null, limit: number): Promise<RolloutRow[]> =>
  db.query({
    sql: `${rolloutSql} where $1::text is null or o.policy_id = $1 order by o.published_at desc limit $2`,
    parameters: [policy, limit],
  });

export const findRollout = (db: ReadDb, id: string): Promise<RolloutRow | null> =>
  db.one({ sql: `${rolloutSql} where o.id = $1`, parameters: [id] });

export interface MemberView {
  relay: string;
  region: string | null;
  ack: 'none' | 'staged' | 'refused';
  reason: string | null;
  stagedMs: number | null;
  activeMs: number | null;
}

export const membersView = (db: ReadDb, id: string): Promise<MemberView[]> =>
  db.query({
    sql: `select m.relay_id as relay, r.region, m.ack, m.reason,
        (extract(epoch from m.staged_at - o.published_at) * 1000)::float8 as "stagedMs",
        (extract(epoch from m.active_at - o.published_at) * 1000)::float8 as "activeMs"
      from policy_rollout_member m join policy_rollout o on o.id = m.rollout_id left join relay r on r.id = m.relay_id
      where m.rollout_id = $1 order by m.relay_id limit 5000`,
    parameters: [id],
  });

export interface Counts {
  head: number;
  epoch: number;
  activePolicies: number;
  revokedPolicies: number;
  admitted: number;
  connected: number;
  pending: number;
  quarantined: number;
  stale: number;
  open: number;
  lastDay: number;
  withdrawnLastDay: number;
  p50: number | null;
  p99: number | null;
  samples: number;
}

export async function countMesh(db: ReadDb, now: Date): Promise<Counts> {
  const counts = await db.one<Counts>({
    sql: `select (select coalesce(max(seq), 0) from policy_log) as head,
      (select coalesce(max(epoch), 0) from policy_activation) as epoch,
      (select count(*)::int from policy where state = 'active') as "activePolicies",
      (select count(*)::int from policy where state = 'revoked') as "revokedPolicies",
      r.admitted, r.connected, r.pending, r.quarantined, r.stale, o.open, o."lastDay", o."withdrawnLastDay",
      s.p50, s.p99, s.samples
      from (select count(*) filter (where state = 'admitted')::int as admitted,
          count(*) filter (where state = 'admitted' and last_seen_at > $1::timestamptz - interval '5 seconds')::int as connected,
          count(*) filter (where state = 'pending')::int as pending,
          count(*) filter (where state = 'quarantined')::int as quarantined,
          count(*) filter (where state = 'admitted' and stale)::int as stale from relay) r,
        (select count(*) filter (where state in ('waiting', 'staged'))::int as open,
          count(*) filter (where published_at > $1::timestamptz - interval '1 day')::int as "lastDay",
          count(*) filter (where state = 'withdrawn' and published_at > $1::timestamptz - interval '1 day')::int as "withdrawnLastDay"
          from policy_rollout) o,
        (select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99,
          count(*)::int as samples from (select extract(epoch from m.active_at - o.published_at) * 1000 as ms
            from policy_rollout_member m join policy_rollout o on o.id = m.rollout_id
            where m.active_at is not null and o.published_at > $1::timestamptz - interval '1 day') l) s`,
    parameters: [now],
  });
  if (!counts) throw new Error('A query of aggregates always gives a row.');
  return counts;
}

export interface ActiveContent {
  id: string;
  version: number;
  hash: string;
  epoch: number;
  content: Buffer;
}

export const activeContents = (db: ReadDb): Promise<ActiveContent[]> =>
  db.query({
    name: 'policy-active-contents',
    sql: `select p.id, p.active_version as version, p.active_hash as hash, p.active_epoch as epoch, v.content
      from policy p join policy_version v on v.policy_id = p.id and v.version = p.active_version
      where p.state = 'active'`,
    parameters: [],
  });

export interface ActiveAt {
  policy: string;
  kind: string;
  tenantId: string | null;
  version: number;
  hash: string;
  epoch: number;
  from: string;
  until: string | null;
}

/** What was active at an instant; a scope without regions holds everywhere. */
export const activeAt = (db: ReadDb, at: Date, region: string | null): Promise<ActiveAt[]> =>
  db.query({
    sql: `select a.policy_id as policy, p.kind, a.tenant_id as "tenantId", a.version, a.hash, a.epoch, a."from", a.until
      from policy_activation a join policy p on p.id = a.policy_id
      where not a.revoked and a."from" <= $1 and (a.until is null or a.until > $1)
        and ($2::text is null or jsonb_array_length(a.scope->'regions') = 0 or a.scope->'regions' ? $2)
      order by a.policy_id limit 1000`,
    parameters: [at, region],
  });
