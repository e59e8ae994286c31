import type { ReadDb } from '#kernel/db/database.ts';
import type { CostRow } from '#server/world/schema.ts';
import { loadWorld } from '#server/world/state.ts';
import type { World } from '#server/world/world.ts';
import type { CostSource } from './gateway.ts';
import { formatDecimal, parseDecimal } from './rules/decimal.ts';

const dayMs = 86_400_000;
const provider = 'Simulated cloud';

const kinds: Record<CostRow['sku'], { category: string; service: string; unit: string; what: string }> = {
  'core-hour': {
    category: 'Compute',
    service: 'Simulated machines',
    unit: 'Core-Hours',
    what: 'Running replicas',
  },
  'gb-egress': { category: 'Networking', service: 'Simulated network', unit: 'GB', what: 'Data sent' },
  'gb-month': { category: 'Storage', service: 'Simulated disks', unit: 'GB-Months', what: 'Data kept' },
};

/** The world's bill, and how its services use what they have. */
export function simulatedCosts(db: ReadDb, now: Date): CostSource {
  const world = () => loadWorld(db, now);
  return {
    name: provider,
    simulated: true,
    bill: async day => billOf(await world(), day),
    runRate: async (tenantId, service, at) => rateOf(await world(), tenantId, service, at.getTime()),
    usage: async ({ tenantId, service, from, to, stepMs }) => {
      const w = await world();
      if (w.service(service)?.tenantId !== tenantId) return { points: [], stepMs, starts: [] };
      const cpu = w.series('cpu', service, from, to, stepMs);
      const memory = w.series('memory', service, from, to, stepMs);
      const restartedAt = w.serviceAt(service, to).restartedAt;
      return {
        stepMs,
        points: cpu.map(({ t, value }, i) => ({ t, cpu: value, memory: memory[i]?.value ?? null })),
        starts: restartedAt === null || restartedAt < from ? [] : [restartedAt],
      };
    },
  };
}

const decimal = (value: number): string => formatDecimal(parseDecimal(value.toFixed(6)) ?? 0n);

function common(day: string): Record<string, string> {
  const start = Date.parse(`${day}T00:00:00Z`);
  const month = `${day.slice(0, 7)}-01T00:00:00Z`;
  const next = new Date(month);
  next.setUTCMonth(next.getUTCMonth() + 1);
  const text = (at: Date) => at.toISOString().replace('.000Z', 'Z');
  return {
    BillingAccountId: 'simulated',
    BillingCurrency: 'EUR',
    BillingPeriodStart: month,
    BillingPeriodEnd: text(next),
    ChargePeriodStart: text(new Date(start)),
    ChargePeriodEnd: text(new Date(start + dayMs)),
    ChargeCategory: 'Usage',
    ChargeFrequency: 'Usage-Based',
    ProviderName: provider,
    PublisherName: provider,
    InvoiceIssuerName: provider,
  };
}

const costs = (amount: string) => ({
  BilledCost: amount,
  EffectiveCost: amount,
  ListCost: amount,
  ContractedCost: amount,
});

function billOf(world: World, day: string): Record<string, string>[] {
  const shared = common(day);
  const used = new Map<string, number>();
  let usage = 0;
  const rows = world.bill(day).map((row): Record<string, string> => {
    const kind = kinds[row.sku];
    usage += row.cost;
    const cores = world.service(row.service)?.cores ?? 1;
    if (row.sku === 'core-hour') used.set(row.region, (used.get(row.region) ?? 0) + row.quantity);
    return {
      ...shared,
      ...costs(decimal(row.cost)),
      ServiceCategory: kind.category,
      ServiceName: kind.service,
      ChargeDescription: kind.what,
      SubAccountId: row.tenantId,
      ResourceId: row.service,
      RegionId: row.region,
      SkuId: row.sku,
      PricingQuantity: decimal(row.quantity),
      PricingUnit: kind.unit,
      ListUnitPrice: decimal(row.unitPrice),
      // Hours of replicas: what a change of their number is reckoned by.
      ConsumedQuantity: decimal(row.sku === 'core-hour' ? row.quantity / cores : row.quantity),
      ConsumedUnit: row.sku === 'core-hour' ? 'Hours' : kind.unit,
    };
  });
  for (const region of world.regions)
    rows.push(...nodesOf(world, region.name, used.get(region.name) ?? 0, shared));
  rows.push({
    ...shared,
    ...costs(decimal(usage * 0.03)),
    ChargeCategory: 'Purchase',
    ChargeFrequency: 'Recurring',
    ServiceCategory: 'Management and Governance',
    ServiceName: 'Simulated support',
    ChargeDescription: 'Support plan, 3 % of the day’s use',
  });
  return rows;
}

/** Machines are paid for whether anybody runs on them or not; and one core of each region keeps the others in order. */
function nodesOf(world: World, region: string, coreHours: number, shared: Record<string, string>) {
  const price = world.prices.find(p => p.region === region && p.sku === 'core-hour')?.unitPrice ?? 0;
  const capacity = world.nodes.filter(n => n.region === region).reduce((sum, n) => sum + n.cores, 0) * 24;
  const row = (
    id: string,
    what: string,
    hours: number,
    own: Record<string, string>,
  ): Record<string, string> => ({
    ...shared,
    ...costs(decimal(hours * price)),
    ServiceCategory: 'Compute',
    ServiceName: 'Simulated machines',
    ChargeDescription: what,
    ResourceId: id,
    RegionId: region,
    ...own,
  });
  const rest = Math.max(0, capacity - coreHours - 24);
  return [
    row(`${region}/control-plane`, 'Control plane of the cluster', 24, {}),
    row(`${region}/unused`, 'Capacity that no service used', rest, { x_Usage: '{}' }),
  ];
}

function rateOf(world: World, tenantId: string, id: string, t: number): number | null {
  const service = world.service(id);
  if (service?.tenantId !== tenantId) return null;
  const now = world.serviceAt(id, t);
  const price = world.prices.find(p => p.region === now.region && p.sku === 'core-hour')?.unitPrice;
  return price === undefined ? null : now.replicas * service.cores * 24 * price;
}
