import { histogram } from '#kernel/metrics/metrics.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { tooShort } from '../errors.ts';
import { anomaliesOf } from '../rules/anomaly.ts';
import { dayMs, dayOf, daysBefore, filled, startOf, today, withoutGaps } from '../rules/days.ts';
import { chooseForecast, type Forecast, shortestHistory } from '../rules/forecast/choose.ts';
import type { CostForecast, CostOverview } from '../schema.ts';
import { selectDays, selectServiceDays, selectTenantWeeks, selectVersion } from '../store/sums.ts';

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

export async function forecastCost(
  ctx: ReadContext,
  input: { tenantId: string; horizon: number },
): Promise<CostForecast> {
  const tenant = await readTenant(ctx, input.tenantId);
  const until = today(ctx.clock.now());
  const rows = await selectDays(ctx.db, tenant.id, null, daysBefore(until, lookBackDays), until);
  const currency = rows.at(-1)?.currency ?? 'EUR';
  const history = filled(rows.filter(row => row.currency === currency));
  if (history.length < Math.max(shortestDays, shortestHistory)) throw tooShort(history.length, shortestDays);
  const forecast = await chosen(ctx, tenant.id, history, input.horizon);
  if (!forecast) throw tooShort(history.length, shortestDays);
  const through = history.at(-1)?.day ?? '';
  const start = startOf(through).getTime();
  const points = forecast.points.map((point, i) => ({ day: dayOf(start + (i + 1) * dayMs), ...point }));
  const sum = (of: (p: Forecast['points'][number]) => number) =>
    points.reduce((total, p) => total + of(p), 0);
  const value = sum(p => p.value);
  // Days are not off all in one direction, nor each by itself: half way between the two.
  const width = (side: 'low80' | 'high80') =>
    (Math.sqrt(sum(p => (p[side] - p.value) ** 2)) + Math.abs(sum(p => p[side] - p.value))) / 2;
  return {
    tenantId: tenant.id,
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
    total: { value, low80: Math.max(0, value - width('low80')), high80: value + width('high80') },
  };
}

async function chosen(
  ctx: ReadContext,
  tenantId: string,
  history: readonly { day: string; cost: number | null }[],
  horizon: number,
): Promise<Forecast | null> {
  const version = await selectVersion(ctx.db, tenantId);
  const key = `${ctx.scope.reach}/${tenantId}/${horizon}/${version}`;
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
  return { rows: anomaliesOf(rows).reverse() };
}

export async function readOverview(ctx: ReadContext): Promise<CostOverview> {
  const until = today(ctx.clock.now());
  const [days, tenants] = await Promise.all([
    selectDays(ctx.db, null, null, daysBefore(until, 35), until),
    selectTenantWeeks(ctx.db, daysBefore(until, 14), daysBefore(until, 7), until),
  ]);
  const currency = days.at(-1)?.currency ?? null;
  return {
    currency,
    simulated: days.length > 0 && days.every(day => day.simulated),
    through: days.at(-1)?.day ?? null,
    tenants,
    days: days.filter(day => day.currency === currency).map(({ day, cost }) => ({ day, cost })),
  };
}
