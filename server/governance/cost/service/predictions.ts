import type { ActionPlan } from '#kernel/actions/plan.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { listTenantsInput } from '#server/federation/tenants/schema.ts';
import { listTenants } from '#server/federation/tenants/service.ts';
import { costEvent } from '../events.ts';
import { costSource } from '../gateway.ts';
import { dayMs, dayOf, daysBefore, startOf, today } from '../rules/days.ts';
import { serviceOf } from '../rules/delta.ts';
import type { PredictionRow } from '../schema.ts';
import { costDelta } from '../service.ts';
import {
  type DuePrediction,
  insertPredictions,
  type NewPrediction,
  saveRealised,
  selectDue,
  selectPredictions,
  selectSubjects,
} from '../store/predictions.ts';
import { selectDays } from '../store/sums.ts';
import { forecastsOf, type SeriesForecast } from './forecast.ts';

const hourMs = 3_600_000;
const looks = { '1h': hourMs, '24h': dayMs, '7d': 7 * dayMs } as const;
type After = keyof typeof looks;

export const listPredictions = async (
  ctx: ReadContext,
  input: { tenantId?: string | undefined; limit: number },
): Promise<{ rows: PredictionRow[] }> => ({
  rows: await selectPredictions(ctx.db, input.tenantId ?? null, input.limit),
});

/** Kept when a plan begins to run, so that what was promised can be held against what came. Repeated, it changes nothing. */
export async function notePrediction(
  ctx: CommandContext,
  plan: ActionPlan,
  executionId: string,
): Promise<boolean> {
  const delta = await costDelta(ctx, plan);
  const services = [...new Set(plan.steps.map(step => serviceOf(step.target)))];
  const service = services.length === 1 ? (services[0] ?? null) : null;
  if (delta === null || service === null) return false;
  const now = ctx.clock.now();
  const source = costSource(ctx.db, now);
  const baseline = await source.runRate(plan.tenantId, service, now);
  const row: NewPrediction = {
    id: uuidv7(now.getTime()),
    tenantId: plan.tenantId,
    kind: 'plan',
    subject: executionId,
    service,
    region: null,
    currency: delta.currency,
    at: now,
    baseline,
    perDay: delta.perDay,
    low: delta.low,
    high: delta.high,
    simulated: source.simulated,
    looks: (Object.keys(looks) as After[]).map(after => ({
      after,
      due: new Date(now.getTime() + looks[after]),
    })),
  };
  await ctx.record(
    costEvent('cost.predicted', { kind: 'cost', id: plan.tenantId }),
    [{ subject: executionId, perDay: delta.perDay }],
    tx => insertPredictions(tx, [row]),
    { tenantId: plan.tenantId },
  );
  return true;
}

/** Once a day each tenant's forecast of tomorrow and of the day a week on is kept, to be compared when they are billed. */
export async function noteForecasts(ctx: CommandContext): Promise<number> {
  const now = ctx.clock.now();
  const rows: NewPrediction[] = [];
  const several = new Set<string>();
  for (let offset = 0; ; offset += 500) {
    const page = await listTenants(ctx, listTenantsInput.parse({ sort: 'id', limit: 500, offset }));
    for (const tenant of page.rows) {
      const all = await forecastsOf(ctx, tenant.id, 7);
      if (all.length > 1) several.add(tenant.id);
      for (const { forecast } of all) if (forecast) rows.push(...foreseen(tenant.id, forecast, now));
    }
    if (page.nextOffset === null) break;
  }
  // It may have been kept while there was one currency, or another number of them.
  const subjects = new Set(rows.flatMap(row => [row.subject, inCurrency(row)]));
  const known = new Set(await selectSubjects(ctx.db, 'forecast', [...subjects]));
  const fresh = rows
    .filter(row => !known.has(`${row.tenantId}/${row.currency}/${row.subject}`))
    .map(row => (several.has(row.tenantId) ? { ...row, subject: inCurrency(row) } : row));
  await ctx.record(
    costEvent('cost.predicted', { kind: 'cost', id: 'forecasts' }),
    fresh.map(row => ({ tenant: row.tenantId, subject: row.subject, perDay: row.perDay })),
    tx => insertPredictions(tx, fresh),
  );
  return fresh.length;
}

const inCurrency = ({ subject, currency }: NewPrediction): string =>
  subject.replace(' as of ', ` in ${currency} as of `);

function foreseen(tenantId: string, forecast: SeriesForecast, now: Date): NewPrediction[] {
  const { currency, through, simulated, points } = forecast;
  return (
    [
      [points[0], '24h'],
      [points[6], '7d'],
    ] as const
  ).flatMap(([point, after]) =>
    point
      ? [
          {
            id: uuidv7(now.getTime()),
            tenantId,
            kind: 'forecast' as const,
            subject: `${point.day} as of ${through}`,
            service: null,
            region: null,
            currency,
            at: now,
            baseline: null,
            perDay: point.value,
            low: point.low95,
            high: point.high95,
            simulated,
            // A day is billed once it is over.
            looks: [{ after, due: new Date(startOf(point.day).getTime() + dayMs + 2 * hourMs) }],
          },
        ]
      : [],
  );
}

/** What was said, beside what came. Where nothing can be said, the reason is kept instead of a figure. */
export async function noteRealised(ctx: CommandContext): Promise<number> {
  const now = ctx.clock.now();
  const due = await selectDue(ctx.db, now);
  const found: Parameters<typeof saveRealised>[1][number][] = [];
  for (const look of due) {
    const perDay = await realised(ctx, look);
    const waits =
      perDay === null && now.getTime() < Date.parse(look.due) + 2 * dayMs && look.kind === 'forecast';
    if (waits) continue;
    found.push({
      id: look.id,
      after: look.after,
      at: now,
      perDay,
      within: perDay === null ? null : perDay >= look.low - 1e-6 && perDay <= look.high + 1e-6,
      reason: perDay === null ? 'No bill says what it cost by then.' : null,
    });
  }
  await ctx.record(
    costEvent('cost.realised', { kind: 'cost', id: 'predictions' }),
    found.map(({ id, after, perDay, within }) => ({ id, after, perDay, within })),
    tx => saveRealised(tx, found),
  );
  return found.length;
}

async function realised(ctx: CommandContext, look: DuePrediction): Promise<number | null> {
  if (look.kind === 'forecast') {
    const day = startOf(look.subject.slice(0, 10));
    const billed = await selectDays(ctx.db, look.tenantId, null, day, new Date(day.getTime() + dayMs));
    return billed.find(row => row.currency === look.currency)?.cost ?? null;
  }
  if (look.service === null) return null;
  const at = new Date(look.due);
  const rate = await costSource(ctx.db, at).runRate(look.tenantId, look.service, at);
  if (rate !== null && look.baseline !== null) return rate - look.baseline;
  // By bills: the whole day after, beside the whole day before. An hour has no bill.
  if (look.after === '1h') return null;
  const said = Date.parse(look.at);
  const day = (from: Date) =>
    selectDays(ctx.db, look.tenantId, look.service, from, new Date(from.getTime() + dayMs)).then(
      rows => rows.find(row => row.currency === look.currency)?.cost,
    );
  const before = await day(daysBefore(today(new Date(said)), 1));
  const after = await day(startOf(dayOf(today(at).getTime() - (look.after === '24h' ? 0 : dayMs))));
  return before === undefined || after === undefined ? null : after - before;
}
