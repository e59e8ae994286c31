import type { Database, ReadDb } from '#kernel/db/database.ts';

export interface SourceRow {
  id: string;
  kind: string;
  title: string;
  simulated: boolean;
  cursor: string | null;
  pulled: number;
  errors: number;
  lagSeconds: number | null;
  lastOkAt: string | null;
  lastError: string | null;
  lastErrorAt: string | null;
  rejected: number;
  lastRejection: string | null;
  lastRejectedSample: string | null;
  lastRejectedAt: string | null;
  retiredAt: string | null;
  updatedAt: string;
}

const columns = `id, kind, title, simulated, cursor, pulled, errors, lag_seconds as "lagSeconds", last_ok_at as "lastOkAt",
  last_error as "lastError", last_error_at as "lastErrorAt", rejected, last_rejection as "lastRejection",
  last_rejected_sample as "lastRejectedSample", last_rejected_at as "lastRejectedAt", retired_at as "retiredAt", updated_at as "updatedAt"`;

export const selectSources = (db: ReadDb): Promise<SourceRow[]> =>
  db.query<SourceRow>({
    name: `telemetry-sources${db.scope.reach}`,
    sql: `select ${columns} from telemetry_source ${db.scope.reach === 'simulated' ? 'where simulated' : ''} order by id`,
    parameters: [],
  });

export const cursorOf = async (database: Database, id: string): Promise<string | null> =>
  (await database.pool('atom_app').query('select cursor from telemetry_source where id = $1', [id])).rows[0]
    ?.cursor ?? null;

/**
 * Retires what the configuration names no longer; whoever pulls it takes it back. Of metrics, what was not read by then stays not
 * known, and what it brought is awaited no longer. A history was loaded once and stays.
 */
export const retireOthers = (database: Database, named: readonly string[], now: Date): Promise<unknown> =>
  database.pool('atom_app').query(
    `with gone as (
       select * from telemetry_source where retired_at is null and id <> all($1::text[]) and id not like '%-history' for update
     ), gap as (
       insert into telemetry_gap (source, since, until, regions)
       select id, known_to, $2, regions from gone where kind = 'metrics' and known_to < $2 and cardinality(regions) > 0
       on conflict (source, since) do update set until = greatest(telemetry_gap.until, excluded.until))
     update telemetry_source s set retired_at = $2, lag_seconds = null, known_to = null, regions = default, quiet_since = null,
       cursor = case when s.kind = 'metrics' then null else s.cursor end
     from gone where s.id = gone.id`,
    [named, now],
  );

interface Reach {
  knownTo: number | null;
  regions: readonly string[];
  quietSince: number | null;
}

/** How far a source of metrics was read. */
export async function reachOf(database: Database, id: string): Promise<Reach> {
  const { rows } = await database
    .pool('atom_app')
    .query('select known_to, regions, quiet_since from telemetry_source where id = $1', [id]);
  const at = (text: string | null | undefined) => (text ? Date.parse(text) : null);
  const [row] = rows;
  return { knownTo: at(row?.known_to), regions: row?.regions ?? [], quietSince: at(row?.quiet_since) };
}

/** What a pull brought and could not place. */
export interface Rejected {
  count: number;
  /** Of the first of them. */
  reason: string;
  sample: string;
}

export interface Progress {
  cursor: string | null;
  pulled: number;
  lagSeconds: number | null;
  rejected?: Rejected | undefined;
  /** Of metrics. */
  reach?: Reach & { gaps: readonly { since: number; until: number; regions: readonly string[] }[] };
}

export interface SourceName {
  id: string;
  kind: string;
  title: string;
  simulated: boolean;
}

const moment = (ms: number | null | undefined): Date | null => (typeof ms === 'number' ? new Date(ms) : null);

/** How far a pull got is the machine's own bookkeeping, and changes every few seconds: it is nobody's act. */
export async function sourceWent(
  database: Database,
  { id, kind, title, simulated }: SourceName,
  to: Progress,
  now: Date,
): Promise<void> {
  await database.pool('atom_app').query(
    `with gap as (
       insert into telemetry_gap (source, since, until, regions)
       select $1::text, g.since, g.until, g.regions
       from jsonb_to_recordset($16::jsonb) as g(since timestamptz, until timestamptz, regions text[])
       on conflict (source, since) do update set until = greatest(telemetry_gap.until, excluded.until))
     insert into telemetry_source as s (id, kind, title, simulated, cursor, pulled, lag_seconds, last_ok_at, updated_at,
       rejected, last_rejection, last_rejected_sample, last_rejected_at, known_to, regions, quiet_since)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13, $14, $15)
     on conflict (id) do update set kind = $2, title = $3, simulated = $4, cursor = coalesce($5, s.cursor),
       pulled = s.pulled + $6, lag_seconds = $7, last_ok_at = $8, updated_at = $8, rejected = s.rejected + $9,
       last_rejection = coalesce($10, s.last_rejection), last_rejected_sample = coalesce($11, s.last_rejected_sample),
       last_rejected_at = coalesce($12, s.last_rejected_at), known_to = $13, regions = $14, quiet_since = $15,
       retired_at = null`,
    [
      id,
      kind,
      title,
      simulated,
      to.cursor,
      to.pulled,
      to.lagSeconds,
      now,
      to.rejected?.count ?? 0,
      to.rejected?.reason ?? null,
      to.rejected?.sample ?? null,
      to.rejected ? now : null,
      moment(to.reach?.knownTo),
      to.reach?.regions ?? [],
      moment(to.reach?.quietSince),
      JSON.stringify(
        (to.reach?.gaps ?? []).map(gap => ({ ...gap, since: moment(gap.since), until: moment(gap.until) })),
      ),
    ],
  );
}

/** What does not answer does not say either that it has nothing. */
export const sourceFailed = (
  database: Database,
  { id, kind, title, simulated }: SourceName,
  message: string,
  now: Date,
): Promise<unknown> =>
  database.pool('atom_app').query(
    `insert into telemetry_source as s (id, kind, title, simulated, errors, last_error, last_error_at, updated_at)
     values ($1, $2, $3, $4, 1, $5, $6, $6)
     on conflict (id) do update set errors = s.errors + 1, last_error = $5, last_error_at = $6, updated_at = $6,
       quiet_since = null, retired_at = null`,
    [id, kind, title, simulated, message, now],
  );
