import { quoteName, type RegionSql, regionSql } from '#kernel/regions/sql.ts';
import type { StreamPlan } from '../gateway.ts';
import { asReplica, quoteTable, tenantFilter } from './streams.ts';

/** So much is looked at in one statement, however large the table is. */
const pagesAtOnce = 4_000;

/** Columns that say of which other one they hold the hash: their comment is `shadow: NAME`. */
export const shadowsOf = (sql: RegionSql, table: string) =>
  sql.query<{ column: string; of: string }>(
    `select a.attname as column, substr(col_description(a.attrelid, a.attnum), 9) as of from pg_attribute a
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
       and col_description(a.attrelid, a.attnum) like 'shadow: %'`,
    [quoteTable(table)],
  );

/** Before there was a stream there was no key: what was entered until then has no hash yet. */
export async function fillShadows(plan: StreamPlan): Promise<void> {
  const sql = regionSql(plan.publisher);
  for (const { table, columns } of plan.tables)
    for (const { column, of } of await shadowsOf(sql, table))
      if (columns.includes(column)) await fill(plan, table, quoteName(column), quoteName(of));
}

async function fill(plan: StreamPlan, table: string, column: string, of: string): Promise<void> {
  const parts = await regionSql(plan.publisher).query<{ part: string; pages: number }>(
    `select c.oid::regclass::text as part, (pg_relation_size(c.oid) / current_setting('block_size')::int)::int as pages
     from pg_class c where c.relkind = 'r' and (c.oid = to_regclass($1)
       or c.oid in (select relid from pg_partition_tree(to_regclass($1)) where isleaf))`,
    [quoteTable(table)],
  );
  const hash = `atom_region.keyed_hash(${of}::text)`;
  for (const { part, pages } of parts)
    for (let page = 0; page < pages; page += pagesAtOnce)
      await asReplica(plan.publisher, sql =>
        sql.query(
          `update ${part} set ${column} = ${hash} where ctid >= '(${page},0)' and ctid < '(${page + pagesAtOnce},0)'
             and ${tenantFilter(plan.tenants)} and ${column} is null and ${hash} is not null`,
        ),
      );
}
