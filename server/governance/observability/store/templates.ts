import type { Database } from '#kernel/db/database.ts';

export interface TemplateCount {
  tenantId: string;
  id: string;
  template: string;
  event: string;
  severity: number;
  example: string;
  count: number;
  firstSeen: Date;
  lastSeen: Date;
}

export const loadTemplates = async (
  database: Database,
  tenantId: string,
): Promise<{ id: string; event: string; template: string }[]> =>
  (
    await database
      .pool('atom_app')
      .query(
        'select id, event, template from log_template where tenant_id = $1 order by last_seen desc limit 2000',
        [tenantId],
      )
  ).rows;

/** Derived from the events, so nothing of it goes to the ledger. In one order, so that two processes do not deadlock. */
export async function countTemplates(database: Database, counts: readonly TemplateCount[]): Promise<void> {
  if (counts.length === 0) return;
  const rows = counts
    .toSorted((a, b) => (a.tenantId + a.id < b.tenantId + b.id ? -1 : 1))
    .map(c => ({
      tenant_id: c.tenantId,
      id: c.id,
      template: c.template,
      event: c.event,
      severity: c.severity,
      example: c.example.slice(0, 2000),
      count: c.count,
      first_seen: c.firstSeen,
      last_seen: c.lastSeen,
    }));
  await database.pool('atom_app').query(
    `insert into log_template as t (tenant_id, id, template, event, severity, example, count, first_seen, last_seen)
     select tenant_id, id, template, event, severity, example, count, first_seen, last_seen from jsonb_to_recordset($1::jsonb)
       as r (tenant_id text, id text, template text, event text, severity smallint, example text, count bigint,
             first_seen timestamptz, last_seen timestamptz)
     on conflict (tenant_id, id) do update set count = t.count + excluded.count, template = excluded.template,
       severity = greatest(t.severity, excluded.severity), first_seen = least(t.first_seen, excluded.first_seen),
       last_seen = greatest(t.last_seen, excluded.last_seen),
       embedding = case when t.template = excluded.template then t.embedding end,
       embedding_model = case when t.template = excluded.template then t.embedding_model end`,
    [JSON.stringify(rows)],
  );
}
