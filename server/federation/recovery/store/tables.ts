import type pg from 'pg';
import type { ReadDb } from '#kernel/db/database.ts';
import { schemaName } from '#kernel/db/names.ts';
import type { TableCopy } from '../schema.ts';

export interface SourceTable {
  name: string;
  columns: string[];
  rls: TableCopy['rls'];
  partition: NonNullable<TableCopy['partition']> | null;
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const inSchema = (name: string): string => `${quoted(schemaName)}.${quoted(name)}`;

/** Everything that holds rows: partitions rather than their parents, and not the list of migrations, which makes itself. */
export async function sourceTables(client: pg.ClientBase): Promise<SourceTable[]> {
  const { rows } = await client.query<SourceTable>(
    `select c.relname as name,
       (select json_agg(a.attname order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       json_build_object('enabled', c.relrowsecurity, 'forced', c.relforcerowsecurity,
         'policies', (select count(*)::int from pg_policy p where p.polrelid = c.oid)) as rls,
       case when c.relispartition then json_build_object(
         'of', (select p.relname from pg_inherits i join pg_class p on p.oid = i.inhparent where i.inhrelid = c.oid),
         'bound', pg_get_expr(c.relpartbound, c.oid),
         'grants', (select coalesce(json_agg(distinct format('%s to %I', x.privilege_type, r.rolname)), '[]'::json)
           from aclexplode(c.relacl) x join pg_roles r on r.oid = x.grantee where x.grantee <> c.relowner)) end as partition
     from pg_class c where c.relnamespace = $1::regnamespace and c.relkind = 'r' and c.relname <> '_prisma_migrations'
     order by c.relname`,
    [schemaName],
  );
  return rows;
}

export const tableNames = async (db: ReadDb): Promise<string[]> =>
  (
    await db.query<{ name: string }>({
      sql: "select relname as name from pg_class where relnamespace = $1::regnamespace and relkind = 'r' order by 1",
      parameters: [schemaName],
    })
  ).map(row => row.name);

/** Settings under which a row's text is the same on every server. */
export const stableText =
  "set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local extra_float_digits = 1; set local bytea_output = 'hex'; set local intervalstyle = 'postgres'";

/** Rows, and a sum over a hash of each: equal where the same rows are there, in whatever order. */
export async function contentOf(
  client: pg.ClientBase,
  name: string,
  columns: readonly string[],
): Promise<{ rows: number; content: string }> {
  const row = `row(${columns.map(column => `t.${quoted(column)}`).join(', ')})::text`;
  const { rows } = await client.query<{ rows: number; content: string }>(
    `select count(*)::float8 as rows, coalesce(sum(('x' || left(md5(${row}), 15))::bit(60)::bigint), 0)::text as content from ${inSchema(name)} t`,
  );
  return rows[0] ?? { rows: 0, content: '0' };
}
