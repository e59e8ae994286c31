import type { ActionPlan } from '#kernel/actions/plan.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { type CostDelta, deltaOf, type ServiceUse, serviceOf } from './rules/delta.ts';
import { selectRegionPrices, selectUse } from './store/rows.ts';

const dayMs = 86_400_000;
const lookBackDays = 8;

/** What a day would cost more once the plan has run, from what its services were billed; null where that cannot be said. */
export async function costDelta(ctx: ReadContext, plan: ActionPlan): Promise<CostDelta | null> {
  const today = Math.floor(ctx.clock.now().getTime() / dayMs) * dayMs;
  const [from, to] = [new Date(today - lookBackDays * dayMs), new Date(today)];
  const services = [...new Set(plan.steps.map(step => serviceOf(step.target)))];
  const rows = await selectUse(ctx.db, plan.tenantId, services, from, to);
  const use = new Map<string, ServiceUse & { days: ServiceUse['days'][number][] }>();
  for (const { service, region, currency, ...day } of rows) {
    const known = use.get(service) ?? { region, currency, days: [] };
    known.days.push(day);
    use.set(service, known);
  }
  const currency = rows[0]?.currency ?? 'EUR';
  const moves = plan.steps.some(step => step.action === 'failover');
  const prices = moves ? await selectRegionPrices(ctx.db, from, to) : [];
  const priceIn = (_service: string, region: string) =>
    prices.find(price => price.region === region && price.currency === currency)?.price ?? null;
  return deltaOf(plan, use, priceIn, currency);
}

/**
 * What an hour of a machine was billed at in each region over the last week, a day, in the currency of most regions: others
 * cannot be compared with it and are left out.
 */
export async function regionPrices(
  ctx: ReadContext,
): Promise<{ currency: string | null; prices: Map<string, number> }> {
  const today = Math.floor(ctx.clock.now().getTime() / dayMs) * dayMs;
  const rows = await selectRegionPrices(ctx.db, new Date(today - lookBackDays * dayMs), new Date(today));
  const count = new Map<string, number>();
  for (const { currency } of rows) count.set(currency, (count.get(currency) ?? 0) + 1);
  const [most] = [...count].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const currency = most?.[0] ?? null;
  return {
    currency,
    prices: new Map(rows.filter(row => row.currency === currency).map(row => [row.region, row.price])),
  };
}
