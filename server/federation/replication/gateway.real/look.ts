import { RegionUnreachable, regionSql } from '#kernel/regions/sql.ts';
import type { StreamPlan } from '../gateway.ts';
import type { Seen } from '../rules/health.ts';
import { namesOf } from '../rules/names.ts';

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
      regionSql(plan.subscriber, lookMs).query<SubscriberRow>(subscriberSql, [subscription, plan.publisher]),
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
export async function beat(region: string): Promise<void> {
  await regionSql(region, lookMs).query(
    `insert into atom_region.heartbeat (region, seq, at) values ($1, 1, clock_timestamp())
     on conflict (region) do update set seq = heartbeat.seq + 1, at = excluded.at`,
    [region],
  );
}

export async function settle(plan: StreamPlan, withinMs: number): Promise<boolean> {
  const { slot } = namesOf(plan.id);
  const publisher = regionSql(plan.publisher, lookMs);
  // Something has to be sent for a subscriber to confirm that it is through.
  await beat(plan.publisher);
  const [target] = await publisher.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const [row] = await publisher.query<{ is: boolean }>(
      'select confirmed_flush_lsn >= $2::pg_lsn as is from pg_replication_slots where slot_name = $1',
      [slot, target?.lsn],
    );
    if (row?.is) return true;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  return false;
}
