import { type RegionSql, RegionUnreachable, regionSession, regionSql } from '#kernel/regions/sql.ts';
import type { Reached, Settled, StreamPlan } from '../gateway.ts';
import type { Seen } from '../rules/health.ts';
import { namesOf } from '../rules/names.ts';
import { heartbeat, publishBeat } from './streams.ts';

const lookMs = 2_500;

const publisherSql = `select clock_timestamp() as now, pg_current_wal_lsn()::text as lsn, s.active, s.wal_status as "walStatus",
  pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn)::float8 as "lagBytes",
  pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::float8 as "retainedBytes", s.slot_name::text as slot
  from (select 1) one left join pg_replication_slots s on s.slot_name = $1`;

const subscriberSql = `select s.subname is not null as exists, coalesce(s.subenabled, false) as enabled, w.pid is not null as worker,
  w.received_lsn::text as "receivedLsn", w.last_msg_receipt_time as "heardAt",
  e.apply_error_count::int as "applyErrors", e.sync_error_count::int as "syncErrors",
  (select h.at from atom_region.heartbeat h where h.region = $2) as "beatAt",
  (select coalesce(json_agg(json_build_object('table', n.nspname || '.' || c.relname, 'state', r.srsubstate,
      'rows', c.reltuples::bigint) order by 1), '[]') from pg_subscription_rel r join pg_class c on c.oid = r.srrelid
    join pg_namespace n on n.oid = c.relnamespace where r.srsubid = s.oid and n.nspname <> 'atom_region') as tables
  from (select 1) one left join pg_subscription s on s.subname = $1
  left join pg_stat_subscription w on w.subid = s.oid and w.relid is null and w.leader_pid is null
  left join pg_stat_subscription_stats e on e.subid = s.oid`;

interface PublisherRow {
  now: string;
  lsn: string;
  slot: string | null;
  active: boolean;
  walStatus: string;
  lagBytes: number | null;
  retainedBytes: number | null;
}
type SubscriberRow = NonNullable<Seen['subscriber']>;

export async function lookAt(plan: StreamPlan, at: Date): Promise<Seen> {
  const { slot, subscription } = namesOf(plan.id);
  const [publisher, subscriber] = await Promise.all([
    heard(() => regionSql(plan.publisher, lookMs).query<PublisherRow>(publisherSql, [slot])),
    heard(() =>
      regionSql(plan.subscriber, lookMs).query<SubscriberRow>(subscriberSql, [subscription, plan.id]),
    ),
  ]);
  return {
    at: at.toISOString(),
    publisher: publisher && {
      now: publisher.now,
      lsn: publisher.lsn,
      slot:
        publisher.slot === null
          ? null
          : {
              active: publisher.active,
              walStatus: publisher.walStatus,
              lagBytes: publisher.lagBytes,
              retainedBytes: publisher.retainedBytes,
            },
    },
    subscriber: subscriber && {
      ...subscriber,
      tables: subscriber.tables.map(t => ({ ...t, rows: t.rows !== null && t.rows >= 0 ? t.rows : null })),
    },
  };
}

async function heard<Row>(ask: () => Promise<Row[]>): Promise<Row | null> {
  try {
    return (await ask())[0] ?? null;
  } catch (error) {
    if (error instanceof RegionUnreachable) return null;
    throw error;
  }
}

/** By the publisher's own clock: what arrives at the mirror is compared with that clock, not with another one. */
export async function beat({ id, publisher }: StreamPlan): Promise<void> {
  await regionSession(publisher, sql => beatOnce(sql, id), lookMs);
}

/** A new row each time: a mirror that lost the one before would pass over a change of it. Its number only grows. */
async function beatOnce(sql: RegionSql, id: string): Promise<string> {
  await publishBeat(sql, id);
  await sql.query('begin');
  await sql.query("set local synchronous_commit = 'local'");
  const [last] = await sql.query<{ seq: string }>(
    `delete from ${heartbeat} where region = $1 returning seq::text`,
    [id],
  );
  const [beaten] = await sql.query<{ seq: string }>(
    `insert into ${heartbeat} (region, seq, at)
     values ($1, greatest($2::bigint + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint), clock_timestamp())
     on conflict (region) do update set seq = greatest(heartbeat.seq + 1, excluded.seq), at = excluded.at returning seq::text`,
    [id, last?.seq ?? '0'],
  );
  await sql.query('commit');
  return beaten?.seq ?? '';
}

/** A heartbeat whose commit is on disk, and so is every one before it: the position after it is the last one. */
async function mark({ id, publisher }: StreamPlan): Promise<{ seq: string; lsn: string }> {
  return regionSession(
    publisher,
    async sql => {
      const seq = await beatOnce(sql, id);
      const [at] = await sql.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
      return { seq, lsn: at?.lsn ?? '' };
    },
    lookMs,
  );
}

const mirrorSql = `select coalesce(s.subenabled, false) as enabled,
  coalesce((select h.seq >= $3::bigint from atom_region.heartbeat h where h.region = $2), false) as beaten,
  (select coalesce(array_agg(t order by t), '{}') from unnest($4::text[]) t where not exists (select 1 from pg_subscription_rel r
    where r.srsubid = s.oid and r.srrelid = to_regclass(t) and r.srsubstate = 'r')) ||
  (select coalesce(array_agg(n.nspname || '.' || c.relname order by 1), '{}') from pg_subscription_rel r
    join pg_class c on c.oid = r.srrelid join pg_namespace n on n.oid = c.relnamespace
    where r.srsubid = s.oid and r.srsubstate <> 'r' and not n.nspname || '.' || c.relname = any ($4::text[])) as copying
  from (select 1) one left join pg_subscription s on s.subname = $1`;

/**
 * A confirmed position alone proves nothing: a table that is still being copied is left out of what is confirmed. So every
 * table has to be ready, the slot's position has to be confirmed, and the heartbeat has to have arrived.
 */
export async function settle(plan: StreamPlan, withinMs: number): Promise<Settled> {
  const { slot, subscription } = namesOf(plan.id);
  const target = await mark(plan);
  const tables = plan.tables.map(t => t.table);
  const until = performance.now() + withinMs;
  for (;;) {
    const [home] = await regionSql(plan.publisher, lookMs).query<{ behind: number }>(
      'select pg_wal_lsn_diff($2::pg_lsn, confirmed_flush_lsn)::float8 as behind from pg_replication_slots where slot_name = $1',
      [slot, target.lsn],
    );
    const [mirror] = await regionSql(plan.subscriber, lookMs).query<MirrorRow>(mirrorSql, [
      ...[subscription, plan.id, target.seq, tables],
    ]);
    const waits = openEnds(home ?? null, mirror ?? null);
    if (waits === null || performance.now() >= until) return { waits };
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

interface MirrorRow {
  enabled: boolean;
  beaten: boolean;
  copying: string[];
}

function openEnds(home: { behind: number | null } | null, mirror: MirrorRow | null): string | null {
  if (home?.behind == null) return 'the publisher keeps no log for it';
  if (!mirror?.enabled) return 'nothing is received: its subscription is off';
  if (mirror.copying.length > 0) return `still being copied: ${mirror.copying.join(', ')}`;
  if (home.behind > 0) return `${home.behind} bytes are not confirmed`;
  return mirror.beaten ? null : 'the last heartbeat has not arrived';
}

const reachedSql = `select (select h.at from atom_region.heartbeat h where h.region = $2) as "beatAt", s.oid::text as oid,
  (select w.received_lsn::text from pg_stat_subscription w where w.subid = s.oid and w.relid is null and w.leader_pid is null) as received,
  (select coalesce(array_agg(t order by t), '{}') from unnest($3::text[]) t where not exists (select 1 from pg_subscription_rel r
    where r.srsubid = s.oid and r.srrelid = to_regclass(t) and r.srsubstate = 'r')) as copying
  from (select 1) one left join pg_subscription s on s.subname = $1`;

export async function reached(plan: StreamPlan): Promise<Reached | null> {
  const sql = regionSql(plan.subscriber, lookMs);
  const row = await heard(() =>
    sql.query<Omit<Reached, 'lsn'> & { oid: string | null; received: string | null }>(reachedSql, [
      ...[namesOf(plan.id).subscription, plan.id, plan.tables.map(t => t.table)],
    ]),
  );
  if (!row) return null;
  // Only some logins may read what was applied; what was received is the next best word.
  const applied = await sql
    .query<{ lsn: string }>(
      "select remote_lsn::text as lsn from pg_replication_origin_status where external_id = 'pg_' || $1 and remote_lsn > '0/0'",
      [row.oid ?? ''],
    )
    .catch(() => []);
  return {
    lsn: applied[0]?.lsn ?? row.received,
    beatAt: row.beatAt,
    copying: row.oid === null ? [] : row.copying,
  };
}
