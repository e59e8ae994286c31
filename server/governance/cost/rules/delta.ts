import type { ActionPlan, PlanStep } from '#kernel/actions/plan.ts';

/** What a service cost on one whole day, and how many hours of replicas were billed for it. */
export interface DayUse {
  day: string;
  cost: number;
  hours: number | null;
}

export interface ServiceUse {
  region: string | null;
  currency: string;
  days: readonly DayUse[];
}

export interface CostDelta {
  perDay: number;
  currency: string;
  low: number;
  high: number;
}

/** What a failover needs to know: the price of a replica's day here and there, by what both regions were billed. */
export type RegionPrice = (serviceId: string, toRegion: string) => number | null;

interface UnitCost {
  replicas: number;
  point: number;
  low: number;
  high: number;
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

/** The price of one replica for a day, out of what was billed: median, and the range the last days showed. */
export function unitCost(use: ServiceUse): UnitCost | null {
  const billed = use.days.filter(
    (day): day is DayUse & { hours: number } => day.hours !== null && day.hours > 0,
  );
  const last = billed.at(-1);
  if (!last) return null;
  const units = billed.map(day => day.cost / (day.hours / 24));
  return {
    replicas: last.hours / 24,
    point: median(units),
    low: Math.min(...units),
    high: Math.max(...units),
  };
}

/** Costs nothing by itself: what is billed stays what it is. A node that was cordoned or drained is paid for all the same. */
const free: ReadonlySet<PlanStep['action']> = new Set([
  'restart',
  'rollback',
  'rotate-keys',
  'policy-rollback',
  'cordon',
  'drain',
  'dryrun',
]);

/** `a/b/service` and `service` name the same service. */
export const serviceOf = (target: string): string => target.slice(target.lastIndexOf('/') + 1);

/**
 * What a day will cost more (or less) once a plan has run. Null where a step's cost cannot be said from what was billed: an
 * unknown is never shown as nothing.
 */
export function deltaOf(
  plan: ActionPlan,
  use: ReadonlyMap<string, ServiceUse>,
  priceIn: RegionPrice,
  currency: string,
): CostDelta | null {
  const replicas = new Map<string, number>();
  const total = { perDay: 0, low: 0, high: 0 };
  for (const step of plan.steps) {
    if (free.has(step.action)) continue;
    const service = serviceOf(step.target);
    const known = use.get(service);
    if (!known || known.currency !== currency) return null;
    const unit = unitCost(known);
    if (!unit) return null;
    const now = replicas.get(service) ?? unit.replicas;
    if (step.action === 'scale') {
      const change = step.params.replicas - now;
      replicas.set(service, step.params.replicas);
      add(total, [change * unit.point, change * unit.low, change * unit.high]);
    } else if (step.action === 'failover') {
      const there = priceIn(service, step.params.toRegion);
      if (there === null) return null;
      add(total, [(there - unit.point) * now, (there - unit.high) * now, (there - unit.low) * now]);
    }
  }
  return { ...total, currency };
}

function add(
  total: { perDay: number; low: number; high: number },
  [point, a, b]: [number, number, number],
): void {
  total.perDay += point;
  total.low += Math.min(a, b, point);
  total.high += Math.max(a, b, point);
}
