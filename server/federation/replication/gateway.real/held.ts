import { quoteName, regionSql } from '#kernel/regions/sql.ts';
import type { CountedRows, HeldRows } from '../gateway.ts';
import { tenantColumn } from '../rules/facts.ts';
import { tenantFilter } from './streams.ts';

const countMs = 30_000;
const mostTables = 200;

/** Every table with a tenant's column, whether a stream carries it or not: what nobody mirrors is found here, too. */
export async function rowsOf(region: string, tenant: string): Promise<CountedRows> {
  const sql = regionSql(region, countMs);
  const tables = await sql.query<{ schema: string; name: string; hidden: boolean; all: number }>(
    `select n.nspname as schema, c.relname as name, row_security_active(c.oid) as hidden, (count(*) over ())::int as all
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.attname = $1 and not a.attisdropped and c.relkind in ('r', 'p') and not c.relispartition
       and n.nspname not in ('pg_catalog', 'information_schema', 'atom_region') and n.nspname not like 'pg\\_%'
     order by 1, 2 limit ${mostTables}`,
    [tenantColumn],
  );
  const held: HeldRows[] = [];
  for (const { schema, name, hidden } of tables) {
    const table = `${schema}.${name}`;
    if (hidden) held.push({ table, rows: null });
    else {
      const [row] = await sql.query<{ n: number }>(
        `select count(*)::int as n from ${quoteName(schema)}.${quoteName(name)} where ${tenantFilter([tenant])}`,
      );
      if (row && row.n > 0) held.push({ table, rows: row.n });
    }
  }
  return { rows: held, uncounted: (tables[0]?.all ?? 0) - tables.length };
}
