import { sql } from 'kysely';
import { compiler, pageLimit, prepared } from '#kernel/db/compile.ts';
import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { Scope } from '#kernel/db/scope.ts';
import { likePattern } from '#kernel/trpc/list.ts';
import type { OpenAlert, OpenState } from '../rules/incidents.ts';
import type { AlertRow, IncidentDetail, IncidentRow, ListIncidentsInput, TimelineEntry } from '../schema.ts';

interface Tables {
  risk_incident: {
    tenant_id: string;
    id: string;
    title: string;
    state: string;
    severity: string;
    services: string[];
    opened_at: string;
    last_at: string;
    simulated: boolean;
  };
}
const k = compiler<Tables>();

const rowSql = `i.tenant_id as "tenantId", i.id, i.title, i.state, i.severity, i.services, i.regions, i.dimensions,
  (select count(*)::int from risk_alert a where a.tenant_id = i.tenant_id and a.incident_id = i.id) as alerts,
  i.opened_at as "openedAt", i.last_at as "lastAt", i.resolved_at as "resolvedAt", i.verdict, i.version, i.simulated`;
const reach = (scope: Scope) => (scope.reach === 'simulated' ? 'and i.simulated' : '');

const worse = sql`array_position(array['debug','info','low','medium','high','critical'], severity)`;
const columns = {
  openedAt: sql`opened_at`,
  lastAt: sql`last_at`,
  severity: worse,
  tenantId: sql`tenant_id`,
  state: sql`state`,
} as const;

function filtered(scope: Scope, input: ListIncidentsInput) {
  let q = k.selectFrom('risk_incident as i');
  if (scope.reach === 'simulated') q = q.where('i.simulated', '=', true);
  if (input.search) {
    const like = likePattern(input.search);
    q = q.where(eb => eb.or([eb('i.title', 'ilike', like), eb('i.tenant_id', 'ilike', like)]));
  }
  if (input.state?.length) q = q.where('i.state', 'in', input.state);
  if (input.severity?.length) q = q.where('i.severity', 'in', input.severity);
  if (input.tenant) q = q.where('i.tenant_id', 'in', input.tenant.length > 0 ? input.tenant : ['']);
  return q;
}

export const selectIncidents = (db: ReadDb, input: ListIncidentsInput): Promise<IncidentRow[]> =>
  db.query<IncidentRow>(
    prepared(
      filtered(db.scope, input)
        .select(sql.raw(rowSql) as never)
        .orderBy(columns[input.sort], input.dir)
        .orderBy('i.id', input.dir)
        .limit(pageLimit(input.limit))
        .$if(input.offset > 0, q => q.offset(input.offset))
        .compile(),
    ) as never,
  );

export async function countIncidents(db: ReadDb, input: ListIncidentsInput): Promise<number> {
  const q = filtered(db.scope, input).select(sql<number>`count(*)`.as('n')).compile();
  return (await db.one<{ n: number }>(prepared(q)))?.n ?? 0;
}

export const selectOpen = (db: ReadDb, tenantId: string): Promise<IncidentRow[]> =>
  db.query<IncidentRow>({
    name: `incidents-open-${db.scope.reach}`,
    sql: `select ${rowSql} from risk_incident i where i.tenant_id = $1 and i.state <> 'resolved' ${reach(db.scope)}
      order by i.opened_at desc, i.id desc limit 100`,
    parameters: [tenantId],
  });

export const countOpenByTenant = (db: ReadDb): Promise<{ tenantId: string; n: number }[]> =>
  db.query({
    name: `incidents-open-counts-${db.scope.reach}`,
    sql: `select i.tenant_id as "tenantId", count(*)::int as n from risk_incident i where i.state <> 'resolved' ${reach(db.scope)} group by 1`,
    parameters: [],
  });

export const selectIncident = (
  db: ReadDb,
  tenantId: string,
  id: string,
): Promise<Omit<IncidentDetail, 'firing' | 'timeline'> | null> =>
  db.one({
    name: `incident-one-${db.scope.reach}`,
    sql: `select ${rowSql}, i.acknowledged_at as "acknowledgedAt", i.acknowledged_by as "acknowledgedBy", i.resolved_by as "resolvedBy"
      from risk_incident i where i.tenant_id = $1 and i.id = $2 ${reach(db.scope)}`,
    parameters: [tenantId, id],
  });

export const selectAlerts = (db: ReadDb, tenantId: string, incidentId: string): Promise<AlertRow[]> =>
  db.query<AlertRow>({
    name: 'incident-alerts',
    sql: `select id, fingerprint, firing is not null as firing, rule, service, region, dimension, severity, title,
      first_at as "firstAt", last_at as "lastAt", ended_at as "endedAt", count, event_ids as "eventIds"
      from risk_alert where tenant_id = $1 and incident_id = $2 order by first_at, id limit 200`,
    parameters: [tenantId, incidentId],
  });

export const selectTimeline = (db: ReadDb, tenantId: string, incidentId: string): Promise<TimelineEntry[]> =>
  db.query<TimelineEntry>({
    name: 'incident-timeline',
    sql: `select id, at, kind, text, actor, event_ids as "eventIds" from risk_incident_entry
      where tenant_id = $1 and incident_id = $2 order by at, id limit 500`,
    parameters: [tenantId, incidentId],
  });

/** What the next evaluation is compared with. */
export async function selectOpenState(db: ReadDb, tenantId: string, now: Date): Promise<OpenState> {
  const [alerts, incidents, settled] = await Promise.all([
    db.query<Omit<OpenAlert, 'lastAt'> & { lastAt: string }>({
      name: 'alerts-firing',
      sql: `select id, fingerprint, incident_id as "incidentId", last_at as "lastAt", event_ids as "eventIds"
        from risk_alert where tenant_id = $1 and firing is not null`,
      parameters: [tenantId],
    }),
    selectOpen(db, tenantId),
    db.query<{ fingerprint: string; eventIds: string[]; at: string }>({
      name: 'alerts-settled',
      sql: `select a.fingerprint, a.event_ids as "eventIds", i.resolved_at as at from risk_alert a
        join risk_incident i on i.tenant_id = a.tenant_id and i.id = a.incident_id
        where a.tenant_id = $1 and i.resolved_at > $2 and a.ended_at = i.resolved_at`,
      parameters: [tenantId, new Date(now.getTime() - 24 * 3_600_000)],
    }),
  ]);
  return {
    settled: settled.map(one => ({ ...one, at: Date.parse(one.at) })),
    alerts: alerts.map(alert => ({ ...alert, lastAt: Date.parse(alert.lastAt) })),
    incidents: incidents.map(incident => ({
      ...incident,
      openedAt: Date.parse(incident.openedAt),
      lastAt: Date.parse(incident.lastAt),
    })),
  };
}

export interface NewAlert {
  tenantId: string;
  id: string;
  incidentId: string;
  fingerprint: string;
  rule: string;
  service: string | null;
  region: string | null;
  dimension: string;
  severity: string;
  title: string;
  eventIds: string[];
  simulated: boolean;
}

/** False when another evaluation raised it a moment ago. */
export async function insertAlert(tx: Tx, alert: NewAlert, at: Date): Promise<boolean> {
  const { count } = await tx.riskAlert.createMany({
    data: [{ ...alert, firing: alert.fingerprint, firstAt: at, lastAt: at, count: 1 }],
    skipDuplicates: true,
  });
  return count === 1;
}

export async function insertIncident(
  tx: Tx,
  row: {
    tenantId: string;
    id: string;
    title: string;
    severity: string;
    services: string[];
    regions: string[];
    dimensions: string[];
    simulated: boolean;
  },
  at: Date,
): Promise<void> {
  await tx.riskIncident.create({
    data: { ...row, state: 'open', openedAt: at, lastAt: at },
    select: { id: true },
  });
}

export async function growIncident(
  tx: Tx,
  tenantId: string,
  id: string,
  grown: { severity: string; services: string[]; regions: string[]; dimensions: string[] },
  at: Date,
): Promise<boolean> {
  const { count } = await tx.riskIncident.updateMany({
    where: { tenantId, id, state: { not: 'resolved' } },
    data: { ...grown, lastAt: at },
  });
  return count === 1;
}

export async function repeatAlerts(
  tx: Tx,
  tenantId: string,
  repeated: readonly { id: string; incidentId: string; eventIds: string[]; fresh: number }[],
  at: Date,
): Promise<void> {
  for (const { id, eventIds, fresh } of repeated)
    await tx.riskAlert.updateMany({
      where: { tenantId, id, firing: { not: null } },
      data: { lastAt: at, eventIds, ...(fresh > 0 ? { count: { increment: fresh } } : {}) },
    });
  await tx.riskIncident.updateMany({
    where: { tenantId, id: { in: repeated.map(r => r.incidentId) }, state: { not: 'resolved' } },
    data: { lastAt: at },
  });
}

export async function endAlerts(tx: Tx, tenantId: string, ids: readonly string[], at: Date): Promise<void> {
  await tx.riskAlert.updateMany({
    where: { tenantId, id: { in: [...ids] }, firing: { not: null } },
    data: { firing: null, endedAt: at },
  });
}

export async function moveIncident(
  tx: Tx,
  ref: { tenantId: string; id: string; version: number },
  to: { state: 'acknowledged' | 'resolved'; by: string; verdict: string | null },
  at: Date,
): Promise<boolean> {
  const data =
    to.state === 'acknowledged'
      ? { state: to.state, acknowledgedAt: at, acknowledgedBy: to.by }
      : { state: to.state, resolvedAt: at, resolvedBy: to.by, verdict: to.verdict };
  const { count } = await tx.riskIncident.updateMany({
    where: { ...ref, state: { not: 'resolved' } },
    data: { ...data, version: ref.version + 1 },
  });
  if (count === 1 && to.state === 'resolved')
    await tx.riskAlert.updateMany({
      where: { tenantId: ref.tenantId, incidentId: ref.id, firing: { not: null } },
      data: { firing: null, endedAt: at },
    });
  return count === 1;
}

export async function writeTimeline(
  tx: Tx,
  entry: {
    tenantId: string;
    id: string;
    incidentId: string;
    kind: TimelineEntry['kind'];
    text: string;
    actor: string;
    eventIds: string[];
  },
  at: Date,
): Promise<void> {
  await tx.riskIncidentEntry.create({ data: { ...entry, at }, select: { id: true } });
}
