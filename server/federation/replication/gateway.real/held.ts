import { quoteName, RegionUnreachable, regionSql } from '#kernel/regions/sql.ts';
import type { CountedRows, HeldRows, UnreadTable } from '../gateway.ts';
import { tenantColumn } from '../rules/facts.ts';

const countMs = 30_000;
const mostTables = 200;

interface Found {
  schema: string;
  name: string;
  hidden: boolean;
  all: number;
  quoted: string;
  in: string;
  me: string;
}

/** Every table with a tenant's column, whether a stream carries it or not: what nobody mirrors is found here, too. */
export async function rowsOf(region: string, tenant: string): Promise<CountedRows> {
  const sql = regionSql(region, countMs);
  const tables = await sql.query<Found>(
    `select n.nspname as schema, c.relname as name, row_security_active(c.oid) as hidden, (count(*) over ())::int as all,
       format('%I.%I', n.nspname, c.relname) as quoted, quote_ident(n.nspname) as "in", quote_ident(current_user) as me
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.attname = $1 and not a.attisdropped and c.relkind in ('r', 'p') and not c.relispartition
       and n.nspname not in ('pg_catalog', 'information_schema', 'atom_region') and n.nspname not like 'pg\\_%'
     order by 1, 2 limit ${mostTables}`,
    [tenantColumn],
  );
  const held: HeldRows[] = [];
  const unread: UnreadTable[] = [];
  for (const found of tables) {
    const table = `${found.schema}.${found.name}`;
    if (found.hidden) held.push({ table, rows: null });
    else
      try {
        // Whatever type a service gave the column: what it says is compared.
        const [row] = await sql.query<{ n: number }>(
          `select count(*)::int as n from ${found.quoted} where ${quoteName(tenantColumn)}::text = $1`,
          [tenant],
        );
        if (row && row.n > 0) held.push({ table, rows: row.n });
      } catch (error) {
        // A table that cannot be read says nothing of the others; a server that is gone does.
        if (error instanceof RegionUnreachable) throw error;
        unread.push(unreadOf(table, found, error));
      }
  }
  return { rows: held, unread, uncounted: (tables[0]?.all ?? 0) - tables.length };
}

const unreadOf = (table: string, { quoted, in: schema, me }: Found, error: unknown): UnreadTable => ({
  table,
  why: error instanceof Error ? error.message : String(error),
  mend:
    (error as { code?: unknown }).code === '42501'
      ? `GRANT USAGE ON SCHEMA ${schema} TO ${me};\nGRANT SELECT ON ${quoted} TO ${me};`
      : null,
});
