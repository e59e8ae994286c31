import { giveShadowKey } from '#kernel/regions/install.ts';
import { quoteName, regionSession, regionSql } from '#kernel/regions/sql.ts';
import type { StreamPlan, Withheld, WithheldValues } from '../gateway.ts';
import { tableFacts } from './facts.ts';
import { quoteTable, tenantFilter } from './quote.ts';
import { shadowsOf } from './shadows.ts';
import { asReplica } from './streams.ts';

const pageRows = 500;
const countMs = 30_000;

const anyOf = (columns: readonly string[]) => columns.map(c => `${quoteName(c)} is not null`).join(' or ');

/** Values in columns that the stream leaves out, at its publisher: a mirror held none, so they were entered there. */
export async function withheldValues(
  plan: StreamPlan,
  withheld: readonly Withheld[],
): Promise<WithheldValues[]> {
  const sql = regionSql(plan.publisher, countMs);
  const found: WithheldValues[] = [];
  for (const { table, columns } of withheld)
    for (const column of columns) {
      const [row] = await sql.query<{ n: number }>(
        `select count(${quoteName(column)})::int as n from ${quoteTable(table)} where ${tenantFilter(plan.tenants)}`,
      );
      if (row && row.n > 0) found.push({ table, column, rows: row.n });
    }
  return found;
}

/**
 * Brings those values to the subscriber, where the tenants are at home. A value that was not entered anew stays as it is
 * there. The publisher keeps its own until it is a mirror again: a failover that is given up has taken nothing away.
 */
export async function bringHome(plan: StreamPlan, withheld: readonly Withheld[]): Promise<WithheldValues[]> {
  const brought = await withheldValues(plan, withheld);
  await regionSession(plan.subscriber, giveShadowKey);
  for (const { table, columns } of withheld) {
    if (brought.some(one => one.table === table))
      await eachPage(plan, table, columns, async ({ given, set, same }, rows) => {
        await asReplica(plan.subscriber, sql =>
          sql.query(
            `update ${quoteTable(table)} t set ${set(c => `coalesce(v.${c}, t.${c})`)} from ${given} where ${same}`,
            [rows],
          ),
        );
      });
    await hashAgain(plan, table);
  }
  return brought;
}

/** Takes them from the publisher, a mirror now. What home does not hold as it is here has not arrived, and stays. */
export async function clearAway(plan: StreamPlan, withheld: readonly Withheld[]): Promise<void> {
  for (const { table, columns } of withheld)
    await eachPage(plan, table, columns, async ({ given, set, same, keyed }, rows) => {
      const home = await regionSql(plan.subscriber, countMs).query(
        `select ${keyed.map(k => `t.${k}`).join(', ')} from ${quoteTable(table)} t join ${given} on ${same} where ${columns
          .map(quoteName)
          .map(c => `(v.${c} is null or v.${c} is not distinct from t.${c})`)
          .join(' and ')}`,
        [rows],
      );
      await asReplica(plan.publisher, sql =>
        sql.query(`update ${quoteTable(table)} t set ${set(() => 'null')} from ${given} where ${same}`, [
          JSON.stringify(home),
        ]),
      );
    });
}

interface Page {
  keyed: string[];
  given: string;
  same: string;
  set(to: (column: string) => string): string;
}

async function eachPage(
  plan: StreamPlan,
  table: string,
  columns: readonly string[],
  use: (page: Page, rows: string) => Promise<void>,
): Promise<void> {
  const facts = await tableFacts(regionSql(plan.subscriber), table, 'public', 'read');
  if (!facts || facts.identityColumns.length === 0)
    throw new Error(`${table} has no key by which values could be brought home.`);
  const key = facts.identityColumns;
  const keyed = key.map(quoteName);
  const typed = (names: readonly string[]) =>
    names
      .map(name => `${quoteName(name)} ${facts.columns.find(c => c.name === name)?.type ?? 'text'}`)
      .join(', ');
  const page: Page = {
    keyed,
    given: `jsonb_to_recordset($1::jsonb) as v(${typed([...key, ...columns])})`,
    same: keyed.map(k => `t.${k} = v.${k}`).join(' and '),
    set: to => columns.map(c => `${quoteName(c)} = ${to(quoteName(c))}`).join(', '),
  };
  const from = regionSql(plan.publisher, countMs);
  for (let after: unknown = null; ; ) {
    const beyond =
      after === null
        ? ''
        : `and (${keyed.map(k => `t.${k}`).join(', ')}) > (select ${keyed.join(', ')} from jsonb_to_record($1::jsonb) as a(${typed(key)}))`;
    const rows: { row: unknown }[] = await from.query<{ row: unknown }>(
      `select to_jsonb(p) as row from (select ${[...key, ...columns].map(quoteName).join(', ')} from ${quoteTable(table)} t
         where ${tenantFilter(plan.tenants)} and (${anyOf(columns)}) ${beyond} order by ${keyed.join(', ')} limit ${pageRows}) p`,
      after === null ? [] : [JSON.stringify(after)],
    );
    if (rows.length === 0) return;
    after = rows.at(-1)?.row;
    await use(page, JSON.stringify(rows.map(({ row }) => row)));
    if (rows.length < pageRows) return;
  }
}

/** A hash that came from elsewhere is no value of ours: at home it is made again from what stands beside it. */
async function hashAgain(plan: StreamPlan, table: string): Promise<void> {
  const shadows = await shadowsOf(regionSql(plan.subscriber), table);
  for (const { column, of } of shadows) {
    const hash = `atom_region.keyed_hash(${quoteName(of)}::text)`;
    await asReplica(plan.subscriber, sql =>
      sql.query(
        `update ${quoteTable(table)} set ${quoteName(column)} = ${hash}
         where ${tenantFilter(plan.tenants)} and ${quoteName(column)} is distinct from ${hash}`,
      ),
    );
  }
}
