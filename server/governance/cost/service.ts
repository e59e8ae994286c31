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
