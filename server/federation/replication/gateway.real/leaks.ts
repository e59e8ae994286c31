import { quoteName, type RegionSql, regionSql } from '#kernel/regions/sql.ts';
import type { Scanned, StreamPlan, ValuesScanned } from '../gateway.ts';
import type { TableFacts } from '../rules/facts.ts';
import { leakPatterns, mayHoldText, shortestValue } from '../rules/leaks.ts';
import type { Leak, Looked, ValueCursor } from '../schema.ts';
import { tableFacts } from './facts.ts';
import { quoteTable, tenantFilter } from './quote.ts';

const chunkMs = 60_000;
/** So many values at once: of a column in a sample, and in each chunk of a search for all of them. */
const mostValues = 2_000;
const mostKeys = 5;

interface Searched {
  mirror: RegionSql;
  home: RegionSql;
  table: string;
  from: string;
  there: TableFacts;
  personal: string[];
  /** Columns that may hold what somebody wrote, and that nobody consented to. */
  columns: TableFacts['columns'];
}

async function searched(plan: StreamPlan, table: string): Promise<Searched | null> {
  const mirror = regionSql(plan.subscriber, chunkMs);
  const home = regionSql(plan.publisher, chunkMs);
  const [there, source] = await Promise.all([
    tableFacts(mirror, table, 'public', 'read'),
    tableFacts(home, table, 'public', 'read'),
  ]);
  if (!there || !source) return null;
  const consented = new Set(plan.raw ? (plan.tables.find(t => t.table === table)?.columns ?? []) : []);
  return {
    ...{ mirror, home, table, there },
    from: `${quoteTable(table)} where ${tenantFilter(plan.tenants)}`,
    personal: source.columns.filter(c => c.personal && !consented.has(c.name)).map(c => c.name),
    columns: there.columns.filter(c => !consented.has(c.name)),
  };
}

async function look(
  { mirror, from, there, table }: Searched,
  column: string,
  kind: Leak['kind'],
  condition: string,
  values: unknown[] = [],
): Promise<Leak[]> {
  const keys = there.identityColumns.length > 0 ? there.identityColumns : ['id'];
  const key = `array_to_string(array[${keys.map(k => `${quoteName(k)}::text`).join(', ')}], ', ')`;
  const [found] = await mirror.query<{ n: number; keys: string[] }>(
    `with hit as (select ${key} as k from ${from} and ${condition})
     select (select count(*) from hit) as n, array(select k from hit order by k limit ${mostKeys}) as keys`,
    values,
  );
  return found && found.n > 0 ? [{ table, column, kind, rows: found.n, keys: found.keys }] : [];
}

/** In every column of every table that the stream carries: a name may stand in a note about an order, too. */
async function lookForValues(tables: readonly Searched[], values: readonly string[]): Promise<Leak[]> {
  const leaks: Leak[] = [];
  if (values.length === 0) return leaks;
  for (const s of tables)
    for (const { name } of s.columns.filter(c => mayHoldText(c.type)))
      leaks.push(...(await look(s, name, 'raw-value', `${quoteName(name)}::text = any ($1)`, [values])));
  return leaks;
}

const allSearched = async (plan: StreamPlan): Promise<Searched[]> =>
  (await Promise.all(plan.tables.map(({ table }) => searched(plan, table)))).flatMap(s => s ?? []);

/**
 * Looks at the mirror as somebody would who wants to know who its people are: personal columns that hold something, and
 * whatever has the form of an address or a number, in every row; and, where asked, values of the publisher's personal
 * columns in any column, so many of each.
 */
export async function scanMirror(plan: StreamPlan, { values }: { values: boolean }): Promise<Scanned> {
  const leaks: Leak[] = [];
  const looked: Looked[] = [];
  let rows = 0;
  const raw: string[] = [];
  const tables = await allSearched(plan);
  for (const s of tables) {
    const { table } = s;
    const [counted] = await s.mirror.query<{ n: number }>(`select count(*) as n from ${s.from}`);
    rows += counted?.n ?? 0;
    for (const column of s.columns) {
      const name = quoteName(column.name);
      if (s.personal.includes(column.name))
        leaks.push(...(await look(s, column.name, 'personal-column', `${name} is not null`)));
      if (!mayHoldText(column.type)) continue;
      for (const { kind, pattern } of leakPatterns)
        leaks.push(...(await look(s, column.name, kind, `${name}::text ~ $1`, [pattern])));
    }
    if (!values) continue;
    for (const column of s.personal) {
      const some = await valuesOf(s, column, null);
      raw.push(...some);
      looked.push({ table, column, values: some.length, of: await countValues(s, column) });
    }
  }
  leaks.push(...(await lookForValues(tables, raw)));
  return { rows, leaks, looked };
}

/** The next so many values of the publisher's personal columns, in order: where it ended, the next chunk begins. */
export async function scanValues(
  plan: StreamPlan,
  cursor: ValueCursor | null,
): Promise<ValuesScanned | null> {
  const tables = await allSearched(plan);
  const all = tables.flatMap(s => s.personal.map(column => ({ s, column })));
  const begin = cursor
    ? Math.max(
        0,
        all.findIndex(({ s, column }) => s.table === cursor.table && column === cursor.column),
      )
    : 0;
  for (const [i, { s, column }] of all.slice(begin).entries()) {
    const after = i === 0 ? (cursor?.after ?? null) : null;
    const values = await valuesOf(s, column, after);
    if (values.length === 0) continue;
    const { table } = s;
    const of = after === null ? await countValues(s, column) : null;
    return {
      looked: { table, column, values: values.length, of },
      leaks: await lookForValues(tables, values),
      next: { table, column, after: values.at(-1) ?? null },
    };
  }
  return null;
}

const text = (column: string) => `${quoteName(column)}::text collate "C"`;
const wanted = (s: Searched, column: string) => `${s.from} and length(${text(column)}) >= ${shortestValue}`;

async function valuesOf(s: Searched, column: string, after: string | null): Promise<string[]> {
  const found = await s.home.query<{ v: string }>(
    `select distinct ${text(column)} as v from ${wanted(s, column)} ${after === null ? '' : `and ${text(column)} > $1`}
     order by 1 limit ${mostValues}`,
    after === null ? [] : [after],
  );
  return found.map(row => row.v);
}

async function countValues(s: Searched, column: string): Promise<number> {
  const [row] = await s.home.query<{ n: number }>(
    `select count(distinct ${text(column)})::int as n from ${wanted(s, column)}`,
  );
  return row?.n ?? 0;
}
