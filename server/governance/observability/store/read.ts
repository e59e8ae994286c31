import type { Database, ReadDb } from '#kernel/db/database.ts';
import { type SeriesPoint, severityAt, type TelemetryEvent } from '../schema.ts';
import { isCounted, notKnown } from './unread.ts';

export interface EventQuestion {
  tenantId?: string | undefined;
  service?: string | undefined;
  from: Date;
  to: Date;
  minSeverity: number;
  limit: number;
}

export interface EventRow {
  id: string;
  tenant_id: string;
  ts: string;
  event: string;
  severity: number;
  service: string | null;
  region: string | null;
  message: string | null;
  template_id: string | null;
  trace_id: string | null;
  attributes: Record<string, unknown>;
  source: string;
  simulated: boolean;
}

export const eventColumns =
  'id, tenant_id, ts, event, severity, service, region, message, template_id, trace_id, attributes, source, simulated';

export const toEvent = (row: EventRow): TelemetryEvent => ({
  id: row.id,
  tenantId: row.tenant_id,
  ts: row.ts,
  event: row.event,
  severity: severityAt(row.severity),
  ...(row.service === null ? {} : { service: row.service }),
  ...(row.region === null ? {} : { region: row.region }),
  ...(row.message === null ? {} : { message: row.message }),
  ...(row.template_id === null ? {} : { templateId: row.template_id }),
  ...(row.trace_id === null ? {} : { traceId: row.trace_id }),
  attributes: row.attributes,
  source: row.source,
  simulated: row.simulated,
});

export const reached = (db: ReadDb): string => (db.scope.reach === 'simulated' ? ' and simulated' : '');

/** Newest first. */
export async function selectEvents(db: ReadDb, q: EventQuestion): Promise<TelemetryEvent[]> {
  const parameters: unknown[] = [q.from, q.to, q.minSeverity, q.limit];
  let where = reached(db);
  if (q.tenantId !== undefined) where += ` and tenant_id = $${parameters.push(q.tenantId)}`;
  if (q.service !== undefined) where += ` and service = $${parameters.push(q.service)}`;
  const rows = await db.query<EventRow>({
    sql: `select ${eventColumns} from telemetry_event
      where ts >= $1 and ts < $2 and severity >= $3${where} order by ts desc, id desc limit $4`,
    parameters,
  });
  return rows.map(toEvent);
}

export interface WorstQuestion {
  tenantId: string;
  from: Date;
  to: Date;
  severities: readonly number[];
  perSeverity: number;
}

/** The newest so many of each severity: however much comes of one, it takes no place from another. */
export async function selectWorst(
  db: ReadDb,
  q: WorstQuestion,
): Promise<{ events: TelemetryEvent[]; cut: number[] }> {
  const rows = await db.query<EventRow>({
    name: `telemetry-worst-${q.severities.join('-')}${reached(db)}`,
    // Written out, not given as a parameter: only so does the planner know that the index of what is severe will do.
    sql: `select * from (${q.severities
      .map(
        severity => `(select ${eventColumns} from telemetry_event
          where tenant_id = $1 and severity = ${Number(severity)} and ts >= $2 and ts < $3${reached(db)}
          order by ts desc limit $4)`,
      )
      .join(' union all ')}) e order by ts desc, id desc`,
    parameters: [q.tenantId, q.from, q.to, q.perSeverity + 1],
  });
  const seen = new Map<number, number>();
  const events = rows.filter(({ severity }) => {
    const n = (seen.get(severity) ?? 0) + 1;
    seen.set(severity, n);
    return n <= q.perSeverity;
  });
  return {
    events: events.map(toEvent),
    cut: q.severities.filter(severity => (seen.get(severity) ?? 0) > q.perSeverity),
  };
}

/** Which of these tenants had something of these severities: one look into the index for each. */
export const selectHeardOf = async (
  db: ReadDb,
  q: { tenants: readonly string[]; from: Date; to: Date; severities: readonly number[] },
): Promise<string[]> =>
  (
    await db.query<{ id: string }>({
      name: `telemetry-heard-of-${q.severities.join('-')}${reached(db)}`,
      sql: `select t.id from unnest($1::text[]) as t(id) where exists (
          select 1 from telemetry_event where tenant_id = t.id and severity in (${q.severities.map(Number).join(', ')})
            and ts >= $2 and ts < $3${reached(db)})`,
      parameters: [q.tenants, q.from, q.to],
    })
  ).map(row => row.id);

export async function selectEventsById(
  db: ReadDb,
  ids: readonly string[],
  tenantId?: string,
): Promise<TelemetryEvent[]> {
  const rows = await db.query<EventRow>({
    name: `telemetry-by-id${reached(db)}`,
    sql: `select ${eventColumns} from telemetry_event where id = any($1)
      and ($2::text is null or tenant_id = $2)${reached(db)} order by ts desc, id desc limit 5000`,
    parameters: [[...new Set(ids)].slice(0, 1000), tenantId ?? null],
  });
  return rows.map(toEvent);
}

/** One value of a service at one instant, whatever number of regions it is in. */
const wholeService = `case when ${isCounted('metric')} then sum(value) else avg(value) end`;
const notKnownThen = notKnown(
  { tenant: '$1', service: '$2', metric: '$3' },
  'telemetry_unread($4, $5)',
  (since, until) => `tstzrange(${since}, ${until})`,
);

/** A sum of which a part was not read is left out. */
export function selectSeries(
  db: ReadDb,
  q: { tenantId: string; service: string; metric: string; region?: string | undefined; from: Date; to: Date },
): Promise<SeriesPoint[]> {
  return db.query<SeriesPoint>({
    name: `telemetry-series${reached(db)}`,
    sql: `select ts, ${wholeService} as value from metric_point where tenant_id = $1 and service = $2 and metric = $3
      and ts >= $4 and ts < $5 and ($6::text is null or region = $6)${reached(db)}
      and ($6::text is not null or not ts <@ ${notKnownThen}) group by ts, metric order by ts limit 50000`,
    parameters: [q.tenantId, q.service, q.metric, q.from, q.to, q.region ?? null],
  });
}

export interface KnownTenant {
  id: string;
  environment: string;
  simulated: boolean;
}

/** Whose events may be written; asked of the table of tenants, past whoever is calling. */
export const selectTenants = async (database: Database): Promise<KnownTenant[]> =>
  (await database.pool('atom_app').query('select id, environment, simulated from tenant')).rows;

export interface NewTemplate {
  id: string;
  tenantId: string;
  template: string;
  event: string;
  severity: number;
  count: number;
  firstSeen: string;
  lastSeen: string;
}

export function selectNewTemplates(db: ReadDb, tenantId: string, since: Date): Promise<NewTemplate[]> {
  return db.query<NewTemplate>({
    name: 'telemetry-new-templates',
    sql: `select id, tenant_id as "tenantId", template, event, severity, count, first_seen as "firstSeen", last_seen as "lastSeen"
      from log_template where tenant_id = $1 and first_seen >= $2 order by first_seen desc limit 1000`,
    parameters: [tenantId, since],
  });
}

export const selectNewest = async (db: ReadDb, limit: number): Promise<TelemetryEvent[]> =>
  (
    await db.query<EventRow>({
      name: `telemetry-newest${reached(db)}`,
      sql: `select ${eventColumns} from telemetry_event where true${reached(db)} order by ts desc limit $1`,
      parameters: [limit],
    })
  ).map(toEvent);

export const selectTemplateText = async (db: ReadDb, tenantId: string, id: string): Promise<string | null> =>
  (
    await db.one<{ template: string }>({
      name: 'telemetry-template-text',
      sql: 'select template from log_template where tenant_id = $1 and id = $2',
      parameters: [tenantId, id],
    })
  )?.template ?? null;
