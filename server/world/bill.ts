import type { CostRow, Fault, ServiceKind, WorldPrice } from './schema.ts';
import type { World } from './world.ts';

const hour = 3_600_000;

/** Bytes sent per request, and gigabytes kept per core: what a kind of service is known for. */
const kilobytes: Record<ServiceKind, number> = { web: 8, api: 6, worker: 2, database: 4, cache: 3, queue: 3 };
const storage: Record<ServiceKind, number> = {
  web: 2,
  api: 2,
  worker: 12,
  database: 60,
  cache: 1,
  queue: 25,
};

const overlap = (fault: Fault, from: number, to: number) =>
  Math.max(0, Math.min(fault.to, to) - Math.max(fault.from, from)) / (to - from);

export function billOf(world: World, day: string, until = Number.POSITIVE_INFINITY): CostRow[] {
  const start = Date.parse(`${day}T00:00:00.000Z`);
  const hours = Math.max(0, Math.min(24, (until - start) / hour));
  const price = (region: string, sku: WorldPrice['sku']) =>
    world.prices.find(p => p.region === region && p.sku === sku)?.unitPrice ?? 0;
  const rows: CostRow[] = [];
  const spikes = world
    .faultsBetween(start, start + hours * hour)
    .filter(fault => fault.fault === 'cost-spike');

  for (const service of world.services) {
    let coreHours = 0;
    let gigabytes = 0;
    let region = service.region;
    const suffered = spikes.filter(f => f.target.id === service.id || f.target.id === service.tenantId);
    for (let i = 0; i < hours; i++) {
      const from = start + i * hour;
      const part = Math.min(1, hours - i);
      const to = from + part * hour;
      const state = world.serviceAt(service.id, from + (part * hour) / 2);
      const spike = suffered.reduce((sum, f) => sum + f.intensity * overlap(f, from, to), 0);
      region = state.region;
      coreHours += state.replicas * service.cores * part * (1 + 1.2 * spike);
      const rps = world.metric('rps', service.id, from) ?? 0;
      gigabytes += ((rps * 3600 * kilobytes[service.kind]) / 1e6) * part * (1 + 6 * spike);
    }
    const kept = (service.baseReplicas * service.cores * storage[service.kind] * (hours / 24)) / 30;
    const row = (sku: WorldPrice['sku'], quantity: number): CostRow => {
      const unitPrice = price(region, sku);
      const rounded = Math.round(quantity * 1e4) / 1e4;
      return {
        day,
        tenantId: service.tenantId,
        service: service.id,
        region,
        sku,
        quantity: rounded,
        unitPrice,
        cost: Math.round(rounded * unitPrice * 1e4) / 1e4,
        currency: 'EUR',
        simulated: true,
      };
    };
    rows.push(row('core-hour', coreHours), row('gb-egress', gigabytes), row('gb-month', kept));
  }
  return rows;
}

/** What a service costs at this moment's pace, in euros a day. */
export function costPerDay(world: World, id: string, t: number): number {
  const service = world.service(id);
  if (!service) return 0;
  const state = world.serviceAt(id, t);
  const price = (sku: WorldPrice['sku']) =>
    world.prices.find(p => p.region === state.region && p.sku === sku)?.unitPrice ?? 0;
  const spike = world
    .faultsAt(t)
    .filter(f => f.fault === 'cost-spike' && (f.target.id === id || f.target.id === service.tenantId))
    .reduce((sum, f) => sum + f.intensity, 0);
  const coreHours = state.replicas * service.cores * 24 * (1 + 1.2 * spike);
  const rps = world.metric('rps', id, t) ?? 0;
  const gigabytes = ((rps * 86_400 * kilobytes[service.kind]) / 1e6) * (1 + 6 * spike);
  return coreHours * price('core-hour') + gigabytes * price('gb-egress');
}
