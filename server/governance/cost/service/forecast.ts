import { hash } from 'node:crypto';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { histogram } from '#kernel/metrics/metrics.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { tooShort } from '../errors.ts';
import { anomaliesOf } from '../rules/anomaly.ts';
import {
  dayMs,
  dayOf,
  daysBefore,
  filled,
  monthOf,
  nextMonth,
  startOf,
  today,
  withoutGaps,
} from '../rules/days.ts';
import { chooseForecast, type Forecast, shortestHistory } from '../rules/forecast/choose.ts';
import type { CostForecast, CostMonth, CostOverview } from '../schema.ts';
import { selectDays, selectServiceDays, selectTenantWeeks } from '../store/sums.ts';

const seconds = histogram(
  'costs_forecast_seconds',
  'Time a forecast of costs took, when it was not known yet',
);
/** A year shows every weekday often enough, and what is older says little about next month. */
const lookBackDays = 400;
const weekly = 7;
const shortestDays = 2 * weekly;

const kept = new Map<string, Forecast>();
const most = 500;

/** Enough to see each weekday a dozen times; of every tenant at once, a year would be much to read. */
const lookBackAll = 91;

export async function forecastCost(
  ctx: ReadContext,
  input: { tenantId: string; horizon: number },
): Promise<CostForecast> {
  const tenant = await readTenant(ctx, input.tenantId);
  return { tenantId: tenant.id, ...(await forecastSeries(ctx, tenant.id, input.horizon)) };
}

async function forecastSeries(
  ctx: ReadContext,
  tenantId: string | null,
  horizon: number,
): Promise<Omit<CostForecast, 'tenantId'>> {
  const until = today(ctx.clock.now());
  const from = daysBefore(until, tenantId === null ? lookBackAll : lookBackDays);
  const rows = await selectDays(ctx.db, tenantId, null, from, until);
  const currency = rows.at(-1)?.currency ?? 'EUR';
  const history = filled(rows.filter(row => row.currency === currency));
  if (history.length < Math.max(shortestDays, shortestHistory)) throw tooShort(history.length, shortestDays);
  const forecast = chosen(history, horizon);
  if (!forecast) throw tooShort(history.length, shortestDays);
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
function totalOf(points: readonly Pick<Forecast['points'][number], 'value' | 'low80' | 'high80'>[]) {
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

/** What this month has cost by whole billed days, and what it will have cost at its end. */
export async function readMonth(ctx: ReadContext, wanted: string | undefined): Promise<CostMonth> {
  const tenantId = wanted === undefined ? null : (await readTenant(ctx, wanted)).id;
  const now = ctx.clock.now();
  const month = monthOf(now);
  // Bills may be some weeks behind: the forecast goes on from the last of them.
  const rows = await selectDays(ctx.db, tenantId, null, daysBefore(today(now), 35), today(now));
  const last = rows.at(-1);
  const within = rows.filter(row => row.currency === last?.currency && row.day.startsWith(month));
  const spent = within.reduce((sum, row) => sum + row.cost, 0);
  const daysLeft = last ? Math.round((nextMonth(month).getTime() - startOf(last.day).getTime()) / dayMs) : 0;
  const asked = last
    ? await forecastSeries(ctx, tenantId, Math.max(31, daysLeft)).catch((error: unknown) => {
        if (error instanceof DomainError) return error.message;
        throw error;
      })
    : 'No charge of the last five weeks has been brought in.';
  const forecast = typeof asked === 'string' ? null : asked;
  const points = forecast?.points.filter(p => p.day.startsWith(month)) ?? [];
  const ahead = totalOf(points);
  return {
    month,
    currency: last?.currency ?? null,
    otherCurrencies: [...new Set(rows.map(row => row.currency))].filter(c => c !== last?.currency),
    simulated: rows.length > 0 && rows.every(row => row.simulated),
    through: last?.day ?? null,
    spent,
    expected: forecast
      ? { value: spent + ahead.value, low80: spent + ahead.low80, high80: spent + ahead.high80 }
      : null,
    why: typeof asked === 'string' ? asked : null,
    days: filled(within),
    points: points.map(({ day, value, low80, high80 }) => ({ day, value, low80, high80 })),
  };
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
  const days = await selectDays(ctx.db, null, null, daysBefore(until, 35), until);
  const currency = days.at(-1)?.currency ?? null;
  const tenants = await selectTenantWeeks(
    ctx.db,
    daysBefore(until, 14),
    daysBefore(until, 7),
    until,
    currency,
  );
  return {
    currency,
    otherCurrencies: [...new Set(days.map(day => day.currency))].filter(name => name !== currency),
    simulated: days.length > 0 && days.every(day => day.simulated),
    through: days.at(-1)?.day ?? null,
    tenants,
    days: days.filter(day => day.currency === currency).map(({ day, cost }) => ({ day, cost })),
  };
}
