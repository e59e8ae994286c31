import { quoteName, type RegionSql, regionSession, regionSql } from '#kernel/regions/sql.ts';
import type { StreamPlan } from '../gateway.ts';
import { asReplica, quoteTable, tenantFilter } from './streams.ts';

/** So much is looked at in one statement, however large the table is. */
const pagesAtOnce = 4_000;
/** Each leaves only what somebody was changing in that moment. */
const mostPasses = 20;

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
  const hash = `atom_region.keyed_hash(${of}::text)`;
  const open = `${tenantFilter(plan.tenants)} and ${column} is null and ${hash} is not null`;
  // A row that somebody else changes meanwhile may move behind the place that was come to.
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const parts = await partsOf(plan.publisher, table);
    if (!(await anyLeft(plan.publisher, parts, open))) return;
    for (const { part, pages } of parts)
      for (const here of ranges(pages))
        await asReplica(plan.publisher, sql =>
          sql.query(`update ${part} set ${column} = ${hash} where ${here} and ${open}`),
        );
  }
  throw new Error(
    `Rows of ${table} are changed faster than ${column} is filled: retire the stream, and make it again when less is written.`,
  );
}

interface Part {
  part: string;
  pages: number;
}

const partsOf = (region: string, table: string) =>
  regionSql(region).query<Part>(
    `select c.oid::regclass::text as part, (pg_relation_size(c.oid) / current_setting('block_size')::int)::int as pages
     from pg_class c where c.relkind = 'r' and (c.oid = to_regclass($1)
       or c.oid in (select relid from pg_partition_tree(to_regclass($1)) where isleaf))`,
    [quoteTable(table)],
  );

/** The last one is open: the table may have grown since it was measured. */
const ranges = (pages: number): string[] =>
  Array.from({ length: Math.max(1, Math.ceil(pages / pagesAtOnce)) }, (_, i) => i * pagesAtOnce).map(
    page =>
      `ctid >= '(${page},0)'${page + pagesAtOnce < pages ? ` and ctid < '(${page + pagesAtOnce},0)'` : ''}`,
  );

/** All of them at one moment: nothing moves while it is looked for. */
const anyLeft = (region: string, parts: readonly Part[], open: string): Promise<boolean> =>
  regionSession(
    region,
    async sql => {
      await sql.query('begin isolation level repeatable read, read only');
      let found = false;
      for (const { part, pages } of parts)
        for (const here of ranges(pages))
          found ||= (await sql.query(`select 1 from ${part} where ${here} and ${open} limit 1`)).length > 0;
      await sql.query('commit');
      return found;
    },
    120_000,
  );

/** Who makes keyed hashes in triggers and may not use the schema that does so; by whether the console may let them in. */
export async function shadowOwners(sql: RegionSql, admissible: boolean): Promise<string[]> {
  const owners = await sql.query<{ role: string }>(
    `select distinct quote_ident(o.rolname) as role from pg_trigger t
     join pg_proc p on p.oid = t.tgfoid join pg_roles o on o.oid = p.proowner
     where not t.tgisinternal and p.prosecdef and p.prosrc like '%atom\\_region.keyed\\_hash%'
       and not has_schema_privilege(o.oid, to_regnamespace('atom_region'), 'USAGE')
       and has_schema_privilege(to_regnamespace('atom_region'), 'USAGE WITH GRANT OPTION') = $1 order by 1`,
    [admissible],
  );
  return owners.map(({ role }) => role);
}

/**
 * Triggers that make a keyed hash run as whoever made them. Whoever may not even look into the schema would leave the
 * hash empty; the function tells them no more than the column beside it, and no table of the schema is opened. Whom the
 * console may not let in, preflight names.
 */
export async function admitShadowOwners(region: string): Promise<void> {
  const sql = regionSql(region);
  for (const role of await shadowOwners(sql, true))
    await sql.query(`grant usage on schema atom_region to ${role}`);
}
