import type { Database } from '../db/database.ts';
import { mintAppScope, tenantScope } from '../trpc/scope.ts';

interface TenantTable {
  name: string;
  owner: string;
  /** Rows that are nobody's belong to the installation, and every tenant is meant to read them. */
  shared: boolean;
}

/** Every table that the tenant role may read, with the column that says whose a row is. */
const tenantTables = `
  select quote_ident(c.relname) as name, case when c.relname = 'tenant' then 'id' else 'tenant_id' end as owner,
    exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant_global') as shared
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'atom' and c.relkind in ('r', 'p', 'v') and has_table_privilege('atom_tenant', c.oid, 'select')
    and (c.relname = 'tenant' or exists (select 1 from pg_attribute a
      where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
  order by 1`;

/**
 * Reads as a tenant would, with nothing but the database between it and the others, and names the tables in which it
 * sees a row that is not its own. Null where there is no second tenant whose rows could be seen.
 */
export async function foreignRows(database: Database): Promise<{ tables: number; seen: string[] } | null> {
  const app = database.read(mintAppScope());
  const [tenant, other] = await app.query<{ id: string }>({
    sql: 'select id from tenant order by random() limit 2',
    parameters: [],
  });
  if (!tenant || !other) return null;
  const tables = await app.query<TenantTable>({ sql: tenantTables, parameters: [] });
  const asTenant = database.read(tenantScope(tenant.id, 'all'));
  const rows = await asTenant.query<{ name: string; seen: boolean }>({
    sql: tables
      .map(
        t =>
          `select '${t.name}' as name, exists (select 1 from ${t.name} where ${t.owner} ${t.shared ? '<>' : 'is distinct from'} $1) as seen`,
      )
      .join(' union all '),
    parameters: [tenant.id],
  });
  return { tables: tables.length, seen: rows.filter(r => r.seen).map(r => r.name) };
}
