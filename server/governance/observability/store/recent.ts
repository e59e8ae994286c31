import type { ReadDb } from '#kernel/db/database.ts';
import { reached } from './read.ts';
import { isCounted, notKnown } from './unread.ts';

export interface SeriesName {
  tenantId: string;
  service: string;
  metric: string;
}

/** One step of the index from each series to the next: as long as there are series, not as there are points. */
export const selectSeriesNames = (db: ReadDb): Promise<SeriesName[]> =>
  db.query<SeriesName>({
    name: `telemetry-series-names${reached(db)}`,
    sql: `with recursive s as (
        (select tenant_id, service, metric from metric_point where true${reached(db)} order by 1, 2, 3 limit 1)
        union all
        select n.* from s, lateral (select m.tenant_id, m.service, m.metric from metric_point m
          where (m.tenant_id, m.service, m.metric) > (s.tenant_id, s.service, s.metric)${reached(db)}
          order by 1, 2, 3 limit 1) n
      ) select tenant_id as "tenantId", service, metric from s`,
    parameters: [],
  });

export interface MinuteOfSeries extends SeriesName {
  /** Start of the minute. */
  at: string;
  value: number;
  simulated: boolean;
}

/** Of a service in several regions as much as of one instant, not as many times as there are regions. */
const perMinute = `(case when ${isCounted('s.metric')}
  then sum(m.value) / count(distinct m.ts) else avg(m.value) end)`;
const minuteOf = (at: string) => `date_bin('1 minute', ${at}, 'epoch')`;
const notKnownMinutes = notKnown(
  { tenant: 's.tenant_id', service: 's.service', metric: 's.metric' },
  'unread',
  (since, until) =>
    `tstzrange(${minuteOf(since)}, case when isfinite(${until}) then ${minuteOf(`${until} + interval '59.999 seconds'`)} else ${until} end)`,
);

/** Means of whole minutes, of many series at once, each from where its reader is; without minutes whose sum is not known. */
export const selectMinutesSince = (
  db: ReadDb,
  from: readonly (SeriesName & { since: Date })[],
  to: Date,
): Promise<MinuteOfSeries[]> =>
  db.query<MinuteOfSeries>({
    name: `telemetry-minutes${reached(db)}`,
    sql: `with s as (select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as s(tenant_id, service, metric, since)),
        unread as materialized (select u.* from telemetry_unread((select min(since) from s), $5) u)
      select s.tenant_id as "tenantId", s.service, s.metric, p.at, p.value, p.simulated
      from s cross join lateral (select ${notKnownMinutes} as at) away
      cross join lateral (
        select ${minuteOf('m.ts')} as at, ${perMinute}::float8 as value, bool_and(m.simulated) as simulated
        from metric_point m where m.tenant_id = s.tenant_id and m.service = s.service and m.metric = s.metric
          and m.ts >= s.since and m.ts < $5 and not m.ts <@ away.at${reached(db)} group by 1 order by 1 limit 1500) p
      order by 1, 2, 3, 4`,
    parameters: [
      from.map(s => s.tenantId),
      from.map(s => s.service),
      from.map(s => s.metric),
      from.map(s => s.since.toISOString()),
      to,
    ],
  });
