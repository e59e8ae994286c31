import type { Database, ReadDb } from '#kernel/db/database.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { TelemetryEvent } from '../schema.ts';
import { type EventRow, eventColumns, reached, toEvent } from './read.ts';

export interface Filter {
  tenant?: readonly string[] | undefined;
  service?: readonly string[] | undefined;
  region?: readonly string[] | undefined;
  severity?: readonly number[] | undefined;
  event?: string | undefined;
  template?: readonly string[] | undefined;
  from: Date;
  to: Date;
}

/** The same conditions for rows, counts and buckets, so that they speak of the same events. */
function conditions(db: ReadDb, f: Filter): { where: string; parameters: unknown[] } {
  const parameters: unknown[] = [f.from, f.to];
  let where = `ts >= $1 and ts < $2${reached(db)}`;
  const among = (column: string, values: readonly unknown[] | undefined) => {
    if (values) where += ` and ${column} = any($${parameters.push(values)})`;
  };
  among('tenant_id', f.tenant);
  among('service', f.service);
  among('region', f.region);
  among('severity', f.severity);
  among('template_id', f.template);
  if (f.event !== undefined) where += ` and event = $${parameters.push(f.event)}`;
  return { where, parameters };
}

export async function selectFiltered(
  db: ReadDb,
  f: Filter,
  limit: number,
  offset = 0,
): Promise<TelemetryEvent[]> {
  const { where, parameters } = conditions(db, f);
  const rows = await db.query<EventRow>({
    sql: `select ${eventColumns} from telemetry_event where ${where} order by ts desc, id desc
      limit $${parameters.push(limit)} offset $${parameters.push(offset)}`,
    parameters,
  });
  return rows.map(toEvent);
}

/** Looks for the words themselves among the newest events only: an unbounded scan would be everybody's wait. */
export async function selectContaining(
  db: ReadDb,
  f: Filter,
  words: readonly string[],
  newest: number,
  limit: number,
): Promise<TelemetryEvent[]> {
  const { where, parameters } = conditions(db, f);
  const patterns = words.map(word => `$${parameters.push(likePattern(word))}`);
  const rows = await db.query<EventRow>({
    sql: `select * from (select ${eventColumns} from telemetry_event where ${where} order by ts desc limit ${newest}) newest
      where ${patterns.map(p => `(message ilike ${p} or attributes::text ilike ${p} or id ilike ${p} or trace_id ilike ${p})`).join(' and ')}
      order by ts desc limit $${parameters.push(limit)}`,
    parameters,
  });
  return rows.map(toEvent);
}

/** The oldest of the newest so many, where there are more of them than that; null where these are all. */
export async function selectReach(db: ReadDb, f: Filter, newest: number): Promise<string | null> {
  const { where, parameters } = conditions(db, f);
  const [last, next] = await db.query<{ ts: string }>({
    sql: `select ts from telemetry_event where ${where} order by ts desc offset ${newest - 1} limit 2`,
    parameters,
  });
  return last && next ? last.ts : null;
}

export async function countFiltered(db: ReadDb, f: Filter, most: number): Promise<number> {
  const { where, parameters } = conditions(db, f);
  const row = await db.one<{ n: number }>({
    sql: `select count(*)::int as n from (select 1 from telemetry_event where ${where} limit ${most}) found`,
    parameters,
  });
  return row?.n ?? 0;
}

export interface Bucket {
  at: string;
  severity: number;
  n: number;
}

export function selectHistogram(db: ReadDb, f: Filter, stepSeconds: number): Promise<Bucket[]> {
  const { where, parameters } = conditions(db, f);
  return db.query<Bucket>({
    sql: `select date_bin(make_interval(secs => $${parameters.push(stepSeconds)}), ts, $1) as at, severity, count(*)::int as n
      from telemetry_event where ${where} group by 1, 2 order by 1`,
    parameters,
  });
}

export function selectFacets(
  db: ReadDb,
  f: Filter,
): Promise<{ tenant: string; service: string | null; region: string | null; severity: number; n: number }[]> {
  const { where, parameters } = conditions(db, f);
  return db.query({
    sql: `select tenant_id as tenant, service, region, severity, count(*)::int as n from telemetry_event where ${where}
      group by 1, 2, 3, 4 order by n desc limit 5000`,
    parameters,
  });
}

export interface TemplateDocument {
  tenantId: string;
  id: string;
  template: string;
  event: string;
  severity: number;
  count: number;
  firstSeen: string;
  lastSeen: string;
  embedding: Buffer | null;
  model: string | null;
}

export function selectTemplates(
  db: ReadDb,
  tenant: readonly string[] | undefined,
  since: Date,
  limit: number,
): Promise<TemplateDocument[]> {
  return db.query<TemplateDocument>({
    name: `telemetry-templates${db.scope.reach}`,
    sql: `select tenant_id as "tenantId", id, template, event, severity, count, first_seen as "firstSeen",
        last_seen as "lastSeen", embedding, embedding_model as model from log_template
      where ($1::text[] is null or tenant_id = any($1)) and last_seen >= $2
        ${db.scope.reach === 'simulated' ? 'and tenant_id in (select id from tenant where simulated)' : ''}
      order by last_seen desc limit $3`,
    parameters: [tenant ?? null, since, limit],
  });
}

export const selectWithoutVector = async (
  database: Database,
  model: string,
  limit: number,
): Promise<{ text: string }[]> =>
  (
    await database.pool('atom_app').query(
      `select distinct event || ' ' || template as text from log_template
       where embedding is null or embedding_model <> $1 limit $2`,
      [model, limit],
    )
  ).rows;

/** The same words get the same vector, whoever said them. */
export const storeVector = (
  database: Database,
  text: string,
  model: string,
  vector: Buffer,
): Promise<unknown> =>
  database
    .pool('atom_app')
    .query(
      `update log_template set embedding = $2, embedding_model = $3 where event || ' ' || template = $1`,
      [text, vector, model],
    );

export const askVector = async (
  database: Database,
  digest: string,
  text: string,
  now: Date,
): Promise<{ model: string; embedding: Buffer } | null> => {
  const { rows } = await database.pool('atom_app').query(
    `insert into telemetry_query (digest, text, asked_at) values ($1, $2, $3)
     on conflict (digest) do update set asked_at = $3 returning model, embedding`,
    [digest, text, now],
  );
  return rows[0]?.embedding ? rows[0] : null;
};

export const readVector = async (
  database: Database,
  digest: string,
): Promise<{ model: string; embedding: Buffer } | null> =>
  (
    await database
      .pool('atom_app')
      .query('select model, embedding from telemetry_query where digest = $1 and embedding is not null', [
        digest,
      ])
  ).rows[0] ?? null;

export const selectAsked = async (
  database: Database,
  limit: number,
): Promise<{ digest: string; text: string }[]> =>
  (
    await database
      .pool('atom_app')
      .query(
        'select digest, text from telemetry_query where embedding is null order by asked_at desc limit $1',
        [limit],
      )
  ).rows;

export const answerVector = (
  database: Database,
  digest: string,
  model: string,
  vector: Buffer,
): Promise<unknown> =>
  database
    .pool('atom_app')
    .query('update telemetry_query set model = $2, embedding = $3 where digest = $1', [
      digest,
      model,
      vector,
    ]);

export const pruneAsked = (database: Database, before: Date): Promise<unknown> =>
  database.pool('atom_app').query('delete from telemetry_query where asked_at < $1', [before]);
