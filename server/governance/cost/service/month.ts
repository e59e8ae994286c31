import type { ReadContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { dayMs, daysBefore, filled, monthOf, nextMonth, startOf, today } from '../rules/days.ts';
import type { CostMonth } from '../schema.ts';
import { type DayRow, selectDays } from '../store/sums.ts';
import { byCurrency, forecastsOf, goneAfterDays, type OfCurrency, totalOf } from './forecast.ts';

/** What this month has cost by whole billed days, and what it will have cost at its end; each currency by itself. */
export async function readMonth(ctx: ReadContext, wanted: string | undefined): Promise<CostMonth> {
  const tenantId = wanted === undefined ? null : (await readTenant(ctx, wanted)).id;
  const now = ctx.clock.now();
  const month = monthOf(now);
  // Bills may be some weeks behind: the forecast goes on from the last of them.
  const rows = await selectDays(ctx.db, tenantId, null, daysBefore(today(now), goneAfterDays), today(now));
  const billed = byCurrency(rows);
  const left = billed.map(
    own => (nextMonth(month).getTime() - startOf(own.rows.at(-1)?.day ?? month).getTime()) / dayMs,
  );
  const forecasts =
    billed.length > 0 ? await forecastsOf(ctx, tenantId, Math.max(31, ...left.map(Math.round))) : [];
  const [main, ...others] = billed.map(({ currency, rows: own }) =>
    monthOfCurrency(
      month,
      own,
      forecasts.find(one => one.currency === currency),
    ),
  );
  const simulated = rows.length > 0 && rows.every(row => row.simulated);
  if (!main)
    return {
      month,
      simulated,
      ...{ currency: null, through: null, spent: 0, expected: null, days: [], points: [], others: [] },
      why: 'No charge of the last five weeks has been brought in.',
    };
  return {
    month,
    simulated,
    ...main,
    others: others.map(({ days: _, points: __, ...one }) => one),
  };
}

function monthOfCurrency(month: string, rows: readonly DayRow[], of: OfCurrency | undefined) {
  const within = rows.filter(row => row.day.startsWith(month));
  const spent = within.reduce((sum, row) => sum + row.cost, 0);
  const points = of?.forecast?.points.filter(p => p.day.startsWith(month)) ?? [];
  const ahead = totalOf(points);
  return {
    currency: rows[0]?.currency ?? '',
    through: rows.at(-1)?.day ?? null,
    spent,
    expected: of?.forecast
      ? { value: spent + ahead.value, low80: spent + ahead.low80, high80: spent + ahead.high80 }
      : null,
    why: of?.why ?? null,
    days: filled(within),
    points: points.map(({ day, value, low80, high80 }) => ({ day, value, low80, high80 })),
  };
}
