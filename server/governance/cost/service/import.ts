import { hash } from 'node:crypto';
import { uuidv7 } from '#kernel/ids/ids.ts';
import { counter } from '#kernel/metrics/metrics.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { badFile } from '../errors.ts';
import { costEvent } from '../events.ts';
import { costSource } from '../gateway.ts';
import { dayMs, dayOf, daysBefore, monthStart, nextMonth, today } from '../rules/days.ts';
import { formatDecimal, parseDecimal } from '../rules/decimal.ts';
import { type FocusRow, identified, parseFocus, writeCsv, writeJson } from '../rules/focus.ts';
import type { ImportInput, ImportRow } from '../schema.ts';
import { countKnown, saveImport, selectDaysOf, selectImports } from '../store/imports.ts';
import { insertRows } from '../store/rows.ts';
import { selectColumns } from '../store/sums.ts';

const importedRows = counter('costs_rows_imported_total', 'Charges that were brought in');
/** Two weeks decide nothing about a weekday: five weeks are brought at first. */
export const historyDays = 35;

export async function importCosts(ctx: CommandContext, input: ImportInput) {
  const { rows, faults } = parseFocus(input.format, input.text);
  if (faults.length > 0) throw badFile(faults);
  return bringIn(ctx, rows, input, false);
}

async function bringIn(
  ctx: CommandContext,
  given: readonly FocusRow[],
  from: Pick<ImportInput, 'format' | 'source' | 'statedTotal'>,
  simulated: boolean,
): Promise<{ rows: number; added: number; importId: string | null }> {
  const rows = identified(given);
  const ids = rows.map(row => row.id);
  if ((await countKnown(ctx.ownWrites(), ids)) === ids.length) {
    ctx.unchanged();
    return { rows: rows.length, added: 0, importId: null };
  }
  const importId = uuidv7(ctx.clock.now().getTime());
  const months = rows.map(row => row.billingStart.slice(0, 7)).sort();
  const total = rows.reduce((sum, row) => sum + (parseDecimal(row.billedCost) ?? 0n), 0n);
  let added = 0;
  await ctx.record(
    costEvent(
      'cost.imported',
      { kind: 'import', id: importId },
      { source: from.source, format: from.format, added: rows.length },
    ),
    ids,
    async tx => {
      added = await insertRows(tx, rows, importId, simulated);
      await saveImport(tx, {
        id: importId,
        at: ctx.clock.now(),
        by: `${ctx.principal.kind}:${ctx.principal.id}`,
        format: from.format,
        source: from.source,
        rows: rows.length,
        added,
        digest: hash('sha256', ids.toSorted().join('\n'), 'hex'),
        currency: rows[0]?.currency ?? '',
        billedTotal: formatDecimal(total),
        statedTotal: from.statedTotal ?? null,
        firstMonth: months[0] ?? '',
        lastMonth: months.at(-1) ?? '',
        simulated,
      });
    },
  );
  importedRows.inc(added);
  return { rows: rows.length, added, importId };
}

/** Whole days that the source can bill and that are not here yet. */
export async function pullBills(ctx: CommandContext): Promise<{ days: number; added: number }> {
  const now = ctx.clock.now();
  const source = costSource(ctx.db, now);
  const first = daysBefore(today(now), historyDays);
  const known = new Set(await selectDaysOf(ctx.db, source.name, first));
  const rows: FocusRow[] = [];
  let days = 0;
  for (let t = first.getTime(); t < today(now).getTime(); t += dayMs) {
    if (known.has(dayOf(t))) continue;
    const bill = await source.bill(dayOf(t));
    if (bill === null) break;
    const parsed = parseFocus('json', JSON.stringify(bill));
    if (parsed.faults.length > 0) throw badFile(parsed.faults);
    rows.push(...parsed.rows);
    days++;
  }
  if (rows.length === 0) {
    ctx.unchanged();
    return { days: 0, added: 0 };
  }
  const { added } = await bringIn(ctx, rows, { format: 'json', source: source.name }, source.simulated);
  return { days, added };
}

export const listImports = async (ctx: ReadContext): Promise<{ rows: ImportRow[] }> => ({
  rows: await selectImports(ctx.db),
});

const mostExported = 20_000;

export async function exportCosts(
  ctx: ReadContext,
  input: { month: string; tenantId?: string | undefined; format: 'csv' | 'json' },
) {
  const { month, tenantId = null, format } = input;
  const found = await selectColumns(ctx.db, tenantId, monthStart(month), nextMonth(month), mostExported + 1);
  const rows = found.slice(0, mostExported);
  return {
    fileName: `focus-${tenantId ?? 'all'}-${month}.${format}`,
    rows: rows.length,
    complete: found.length <= mostExported,
    text: format === 'csv' ? writeCsv(rows) : writeJson(rows),
  };
}
