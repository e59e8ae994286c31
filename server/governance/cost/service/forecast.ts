import { hash } from 'node:crypto';
import { histogram } from '#kernel/metrics/metrics.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { tooShort } from '../errors.ts';
import { anomaliesOf } from '../rules/anomaly.ts';
import { dayMs, dayOf, daysBefore, filled, startOf, today, withoutGaps } from '../rules/days.ts';
import { chooseForecast, type Forecast, shortestHistory } from '../rules/forecast/choose.ts';
import type { CostForecast, CostOverview } from '../schema.ts';
import { type DayRow, selectDays, selectServiceDays, selectTenantWeeks } from '../store/sums.ts';

const seconds = histogram(
  'costs_forecast_seconds',
  'Time a forecast of costs took, when it was not known yet',
);
/** A year shows every weekday often enough, and what is older says little about next month. */
const lookBackDays = 400;
const weekly = 7;
const leastDays = Math.max(2 * weekly, shortestHistory);
/** Bills may be some weeks behind; a currency in which nothing was billed for longer than that is no longer in use. */
export const goneAfterDays = 35;
/** Bills of one day in two currencies may come some days apart; one that is behind the newest for longer is not carried on. */
export const behindDays = weekly;

const kept = new Map<string, Forecast>();
const most = 500;

/** Enough to see each weekday a dozen times; of every tenant at once, a year would be much to read. */
const lookBackAll = 91;

export type SeriesForecast = Omit<CostForecast, 'tenantId' | 'others'>;

/** What is billed in one currency, and its forecast, or why there is none. */
export interface OfCurrency {
  currency: string;
  rows: readonly DayRow[];
  forecast: SeriesForecast | null;
  why: string | null;
}

/** Each currency by itself; the first is that of the newest charge. */
export async function forecastCost(
  ctx: ReadContext,
  input: { tenantId: string; horizon: number },
): Promise<CostForecast> {
  const tenant = await readTenant(ctx, input.tenantId);
  const all = await forecastsOf(ctx, tenant.id, input.horizon);
  const [main, ...rest] = all;
  if (!main?.forecast) throw tooShort(filled(main?.rows ?? []).length, leastDays);
  const others = rest.map(({ currency, forecast, why }) => ({ currency, forecast, why }));
  return { tenantId: tenant.id, ...main.forecast, ...(others.length > 0 ? { others } : {}) };
}

/** Nothing is summed over two currencies. That of the newest charge first; of those billed on one day, the one billed on most days. */
export async function forecastsOf(
  ctx: ReadContext,
  tenantId: string | null,
  horizon: number,
): Promise<OfCurrency[]> {
  const until = today(ctx.clock.now());
  const from = daysBefore(until, tenantId === null ? lookBackAll : lookBackDays);
  const ordered = byCurrency(await selectDays(ctx.db, tenantId, null, from, until));
  const newest = startOf(ordered[0]?.rows.at(-1)?.day ?? '1970-01-01').getTime();
  return ordered.map(({ currency, rows }) => {
    const through = rows.at(-1)?.day ?? '';
    if (newest - startOf(through).getTime() > behindDays * dayMs)
      return { currency, rows, forecast: null, why: `Nothing was billed in ${currency} since ${through}.` };
    const forecast = seriesForecast(currency, rows, horizon);
    const why = forecast ? null : tooShort(filled(rows).length, leastDays).message;
    return { currency, rows, forecast, why };
  });
}

export const byCurrency = (rows: readonly DayRow[]): { currency: string; rows: DayRow[] }[] =>
  [...Map.groupBy(rows, row => row.currency)]
    .map(([currency, own]) => ({ currency, rows: own }))
    .sort(
      (a, b) =>
        (b.rows.at(-1)?.day ?? '').localeCompare(a.rows.at(-1)?.day ?? '') ||
        b.rows.length - a.rows.length ||
        a.currency.localeCompare(b.currency),
    );

function seriesForecast(currency: string, rows: readonly DayRow[], horizon: number): SeriesForecast | null {
  const history = filled(rows);
  const forecast = history.length < leastDays ? null : chosen(history, horizon);
  if (!forecast) return null;
  const through = history.at(-1)?.day ?? '';
  const start = startOf(through).getTime();
  const points = forecast.points.map((point, i) => ({ day: dayOf(start + (i + 1) * dayMs), ...point }));
  return {
    currency,
    simulated: rows.every(row => row.simulated),
    granularity: 'day',
    through,
    model: forecast.model,
    members: forecast.members,
    accuracy: { ...forecast.accuracy, origins: forecast.origins },
    tried: forecast.tried,
    history: history.slice(-90),
    points,
    total: totalOf(points),
  };
}

/** Days are not off all in one direction, nor each by itself: the interval of their sum is half way between the two. */
export function totalOf(points: readonly Pick<Forecast['points'][number], 'value' | 'low80' | 'high80'>[]) {
  const sum = (of: (p: (typeof points)[number]) => number) => points.reduce((total, p) => total + of(p), 0);
  const value = sum(p => p.value);
  const width = (side: 'low80' | 'high80') =>
    (Math.sqrt(sum(p => (p[side] - p.value) ** 2)) + Math.abs(sum(p => p[side] - p.value))) / 2;
  return { value, low80: Math.max(0, value - width('low80')), high80: value + width('high80') };
}

/** The same days give the same forecast, whoever asks and of whichever tenant. */
function chosen(history: readonly { day: string; cost: number | null }[], horizon: number): Forecast | null {
  const key = hash('sha256', JSON.stringify([horizon, history]), 'base64url');
  const known = kept.get(key);
  if (known) return known;
  const stop = seconds.startTimer();
  const values = withoutGaps(history);
  const forecast = chooseForecast(
    values,
    { periods: [weekly], calendar: { start: startOf(history[0]?.day ?? '').getTime(), stepMs: dayMs } },
    horizon,
    values.every(v => v >= 0) ? { floor: 0 } : {},
  );
  stop();
  if (kept.size >= most) kept.clear();
  if (forecast) kept.set(key, forecast);
  return forecast;
}

export async function explainAnomalies(ctx: ReadContext, tenantId: string) {
  const tenant = await readTenant(ctx, tenantId);
  const until = today(ctx.clock.now());
  const rows = await selectServiceDays(ctx.db, tenant.id, daysBefore(until, 90), until);
  const found = [...Map.groupBy(rows, row => row.currency)].flatMap(([currency, own]) =>
    anomaliesOf(own).map(anomaly => ({ ...anomaly, currency })),
  );
  return { rows: found.toSorted((a, b) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0)) };
}

export async function readOverview(ctx: ReadContext): Promise<CostOverview> {
  const until = today(ctx.clock.now());
  const days = await selectDays(ctx.db, null, null, daysBefore(until, goneAfterDays), until);
  const [currency = null, ...others] = byCurrency(days).map(one => one.currency);
  const tenants = await selectTenantWeeks(
    ctx.db,
    daysBefore(until, 14),
    daysBefore(until, 7),
    until,
    currency,
  );
  return {
    currency,
    otherCurrencies: others,
    simulated: days.length > 0 && days.every(day => day.simulated),
    through: days.at(-1)?.day ?? null,
    tenants,
    days: days.filter(day => day.currency === currency).map(({ day, cost }) => ({ day, cost })),
  };
}
