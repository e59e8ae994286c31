import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Database } from '#kernel/db/database.ts';
import type { MetricSample } from '../schema.ts';

/** One event as it is stored, before anybody waits for it. */
export interface StoredEvent {
  tenantId: string;
  ts: Date;
  id: string;
  /** Whether the sender chose the id, so that it may have come before. */
  keyed: boolean;
  receivedAt: Date;
  event: string;
  severity: number;
  service: string | null;
  region: string | null;
  message: string | null;
  templateId: string | null;
  traceId: string | null;
  /** JSON text. */
  attributes: string;
  source: string;
  simulated: boolean;
  batch: string;
}

export interface StoredBatch {
  id: string;
  tenantId: string;
  sources: string[];
  callers: string[];
  at: Date;
}

export interface StoredTemplate {
  tenantId: string;
  id: string;
  template: string;
  event: string;
  severity: number;
  example: string;
  firstSeen: Date;
}

const columns =
  'tenant_id, ts, id, received_at, event, severity, service, region, message, template_id, trace_id, attributes, source, simulated, batch';

const special = /[\\\n\r\t]/g;
const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** The text format of COPY. */
const field = (value: string | null): string =>
  value === null ? '\\N' : value.replace(special, found => escapes[found] ?? found);

export const copyLine = (e: StoredEvent): string =>
  `${field(e.tenantId)}\t${e.ts.toISOString()}\t${field(e.id)}\t${e.receivedAt.toISOString()}\t${field(e.event)}\t${e.severity}\t${field(
    e.service,
  )}\t${field(e.region)}\t${field(e.message)}\t${field(e.templateId)}\t${field(e.traceId)}\t${field(e.attributes)}\t${field(
    e.source,
  )}\t${e.simulated ? 't' : 'f'}\t${e.batch}\n`;

const leafOf = (table: 'telemetry_event' | 'metric_point', day: string) =>
  `atom_telemetry.${table}_${day.replaceAll('-', '')}`;
const day = (at: Date) => at.toISOString().slice(0, 10);

const known = new WeakMap<Database, Set<string>>();

/** Partitions are made before the transaction that writes into them, once per day and process. */
async function ensureDays(
  database: Database,
  table: 'telemetry_event' | 'metric_point',
  days: Iterable<string>,
): Promise<void> {
  const seen = known.get(database) ?? new Set<string>();
  known.set(database, seen);
  for (const each of days) {
    const name = leafOf(table, each);
    if (seen.has(name)) continue;
    await database.pool('atom_ingest').query('select telemetry_partition($1, $2::date)', [table, each]);
    seen.add(name);
  }
}

/** A partition may have been dropped by retention since it was last seen. */
export const forgetDays = (database: Database): void => void known.delete(database);

async function copy(client: pg.PoolClient, sql: string, text: string): Promise<void> {
  const stream = client.query(copyFrom(sql));
  stream.end(text);
  await finished(stream);
}

const byDay = <T extends { ts: Date }>(rows: readonly T[]) => Map.groupBy(rows, row => day(row.ts));

const identity = (e: Pick<StoredEvent, 'tenantId' | 'id'>) => `${e.tenantId}\u0000${e.id}`;

/**
 * Writes one micro-batch: durable when it returns. Gives the events that were written; the others had come before.
 * Keys are taken in their order, so that two batches with the same ids wait for each other instead of deadlocking.
 */
export async function writeEvents(
  database: Database,
  rows: readonly StoredEvent[],
  batches: readonly StoredBatch[],
  templates: readonly StoredTemplate[] = [],
): Promise<StoredEvent[]> {
  await ensureDays(database, 'telemetry_event', new Set(rows.map(row => day(row.ts))));
  const client = await database.pool('atom_ingest').connect();
  try {
    await client.query('begin');
    const fresh = await takeKeys(client, rows);
    for (const [date, ofDay] of byDay(fresh))
      await copy(
        client,
        `copy ${leafOf('telemetry_event', date)} (${columns}) from stdin`,
        ofDay.map(copyLine).join(''),
      );
    await insertBatches(client, fresh, batches);
    await insertTemplates(client, templates);
    await client.query('commit');
    return fresh;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    if ((error as { code?: string }).code === '42P01') forgetDays(database);
    throw error;
  } finally {
    client.release();
  }
}

async function takeKeys(client: pg.PoolClient, rows: readonly StoredEvent[]): Promise<StoredEvent[]> {
  const first = new Map<string, StoredEvent>();
  for (const row of rows) if (row.keyed && !first.has(identity(row))) first.set(identity(row), row);
  if (first.size === 0) return [...rows];
  const wanted = [...first.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const { rows: taken } = await client.query<{ tenant_id: string; id: string }>({
    name: 'telemetry-keys',
    text: `insert into atom_telemetry.event_key (tenant_id, id, ts)
      select * from unnest($1::text[], $2::text[], $3::timestamptz[]) on conflict do nothing returning tenant_id, id`,
    values: [wanted.map(r => r.tenantId), wanted.map(r => r.id), wanted.map(r => r.ts)],
  });
  const fresh = new Set(taken.map(row => identity({ tenantId: row.tenant_id, id: row.id })));
  return rows.filter(row => !row.keyed || (first.get(identity(row)) === row && fresh.has(identity(row))));
}

async function insertBatches(
  client: pg.PoolClient,
  fresh: readonly StoredEvent[],
  batches: readonly StoredBatch[],
): Promise<void> {
  const counts = new Map<string, number>();
  for (const row of fresh) counts.set(row.batch, (counts.get(row.batch) ?? 0) + 1);
  const made = batches
    .filter(batch => counts.has(batch.id))
    .map(b => ({
      id: b.id,
      tenant_id: b.tenantId,
      sources: b.sources,
      callers: b.callers,
      count: counts.get(b.id),
      at: b.at,
    }));
  if (made.length === 0) return;
  await client.query({
    name: 'telemetry-batches',
    text: `insert into telemetry_batch (id, tenant_id, sources, callers, count, at)
      select id, tenant_id, sources, callers, count, at from jsonb_to_recordset($1::jsonb)
        as b (id uuid, tenant_id text, sources text[], callers text[], count int, at timestamptz)`,
    values: [JSON.stringify(made)],
  });
}

async function insertTemplates(client: pg.PoolClient, templates: readonly StoredTemplate[]): Promise<void> {
  if (templates.length === 0) return;
  await client.query(
    `insert into log_template (tenant_id, id, template, event, severity, example, count, first_seen, last_seen)
     select tenant_id, id, template, event, severity, example, 0, first_seen, first_seen from jsonb_to_recordset($1::jsonb)
       as t (tenant_id text, id text, template text, event text, severity smallint, example text, first_seen timestamptz)
     on conflict do nothing`,
    [
      JSON.stringify(
        templates.map(t => ({
          tenant_id: t.tenantId,
          id: t.id,
          template: t.template,
          event: t.event,
          severity: t.severity,
          example: t.example,
          first_seen: t.firstSeen,
        })),
      ),
    ],
  );
}

/** Samples that were stored before stay as they were. Gives how many were new. */
export async function writeSamples(database: Database, samples: readonly MetricSample[]): Promise<number> {
  if (samples.length === 0) return 0;
  const groups = byDay(samples);
  await ensureDays(database, 'metric_point', groups.keys());
  let written = 0;
  for (const [date, ofDay] of groups) {
    const { rowCount } = await database.pool('atom_ingest').query(
      `insert into ${leafOf('metric_point', date)} (tenant_id, service, metric, ts, value, simulated, region)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::float8[], $6::bool[], $7::text[])
       on conflict do nothing`,
      [
        ofDay.map(s => s.tenantId),
        ofDay.map(s => s.service),
        ofDay.map(s => s.metric),
        ofDay.map(s => s.ts),
        ofDay.map(s => s.value),
        ofDay.map(s => s.simulated),
        ofDay.map(s => s.region ?? ''),
      ],
    );
    written += rowCount ?? 0;
  }
  return written;
}

/** For histories of a day and more, into partitions that hold none of them yet. */
export async function copySamples(database: Database, samples: Iterable<MetricSample>): Promise<number> {
  let written = 0;
  const client = await database.pool('atom_ingest').connect();
  const flush = async (date: string, lines: string[]) => {
    await ensureDays(database, 'metric_point', [date]);
    await copy(
      client,
      `copy ${leafOf('metric_point', date)} (tenant_id, service, metric, ts, value, simulated, region) from stdin`,
      lines.join(''),
    );
    written += lines.length;
  };
  try {
    const open = new Map<string, string[]>();
    for (const s of samples) {
      const date = day(s.ts);
      const lines = open.get(date) ?? [];
      open.set(date, lines);
      lines.push(
        `${field(s.tenantId)}\t${field(s.service)}\t${field(s.metric)}\t${s.ts.toISOString()}\t${s.value}\t${s.simulated ? 't' : 'f'}\t${field(s.region ?? '')}\n`,
      );
      if (lines.length < 20_000) continue;
      await flush(date, lines);
      open.delete(date);
    }
    for (const [date, lines] of open) await flush(date, lines);
  } finally {
    client.release();
  }
  return written;
}
