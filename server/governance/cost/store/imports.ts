import type { ReadDb, Tx } from '#kernel/db/database.ts';
import type { ImportRow } from '../schema.ts';

export const selectImports = (db: ReadDb): Promise<ImportRow[]> =>
  db.query({
    sql: `select id, at, by, format, source, rows, added, currency, billed_total::text as "billedTotal",
        stated_total::text as "statedTotal", first_month as "firstMonth", last_month as "lastMonth", simulated
      from cost_import where true${db.scope.reach === 'simulated' ? ' and simulated' : ''} order by at desc, id desc limit 50`,
    parameters: [],
  });

export const countKnown = async (db: ReadDb, ids: readonly string[]): Promise<number> =>
  (
    await db.one<{ n: number }>({
      sql: 'select count(*) as n from cost_row where id = any($1)',
      parameters: [ids],
    })
  )?.n ?? 0;

/** Days of which a source brought charges already. */
export const selectDaysOf = async (db: ReadDb, provider: string, from: Date): Promise<string[]> =>
  (
    await db.query<{ day: string }>({
      sql: `select distinct to_char(charge_start at time zone 'UTC', 'YYYY-MM-DD') as day from cost_row
        where provider = $1 and charge_start >= $2`,
      parameters: [provider, from],
    })
  ).map(row => row.day);

/** Invoices that said their total: a month's drift is what they say less what came. */
export const selectStated = (
  db: ReadDb,
  month: string,
): Promise<{ stated: string; billed: string; currency: string }[]> =>
  db.query({
    sql: `select stated_total::text as stated, billed_total::text as billed, currency from cost_import
      where stated_total is not null and first_month = $1 and last_month = $1${db.scope.reach === 'simulated' ? ' and simulated' : ''}`,
    parameters: [month],
  });

export async function saveImport(
  tx: Tx,
  row: Omit<ImportRow, 'at'> & { at: Date; digest: string },
): Promise<void> {
  await tx.costImport.create({ data: row, select: { id: true } });
}
