import type { ActionPlan } from '#kernel/actions/plan.ts';
import { costPerDay } from '#server/world/bill.ts';
import { effectOf, targetOf } from '#server/world/plan.ts';
import { type WorldMetric, worldMetrics } from '#server/world/schema.ts';
import type { World } from '#server/world/world.ts';
import type { Samples } from '../schema/judgement.ts';
import type { Dimensions, SandboxResult } from '../schema/sandbox.ts';
import { judgeCanary } from './judge.ts';
import { mean, median } from './statistics.ts';

const minute = 60_000;
const everyMs = 15_000;
const day = 24 * 60 * minute;
export const units: Record<WorldMetric, string> = {
  cpu: 'ratio',
  memory: 'ratio',
  rps: 'requests/s',
  error_ratio: 'ratio',
  latency_p95_ms: 'ms',
  replicas: 'replicas',
};

export interface Tried {
  world: World;
  refused: { step: number; reason: string }[];
  withoutEffect: { step: number; reason: string }[];
}

/** The plan carried out on a copy, one step after the other, all at `t`. */
export function carryOut(world: World, plan: ActionPlan, t: number): Tried {
  const tried: Tried = { world, refused: [], withoutEffect: [] };
  plan.steps.forEach((step, i) => {
    const effect = effectOf(tried.world, plan.tenantId, step, t);
    if ('refused' in effect) tried.refused.push({ step: i, reason: effect.refused });
    else if ('without' in effect) tried.withoutEffect.push({ step: i, reason: effect.without });
    else for (const command of effect.commands) tried.world = tried.world.with(command, t);
  });
  return tried;
}

/** Whom the plan may touch: its targets, what runs on them, and the tenant's other services as bystanders. */
export function watched(world: World, plan: ActionPlan, t: number): string[] {
  const own = world.services.filter(s => s.tenantId === plan.tenantId).map(s => s.id);
  const nodes = world.nodesAt(t);
  const others = plan.steps.flatMap(step => nodes.get(targetOf(step))?.services ?? []);
  return [...new Set([...own, ...others])];
}

export const samplesOf = (world: World, metric: WorldMetric, service: string, from: number, to: number) =>
  world.series(metric, service, from, to, everyMs).map(p => p.value);

const known = (values: readonly (number | null)[]) => values.filter(v => v !== null);
const share = (value: number) => Math.min(1, Math.max(0, value));
const round = (value: number, digits = 4) => Math.round(value * 10 ** digits) / 10 ** digits;

/** How badly off the services are, by the worst of them: what a plan is meant to lower. */
export function dimensionsOf(
  world: World,
  services: readonly string[],
  from: number,
  to: number,
): Dimensions {
  const worst: Dimensions = { performance: 0, reliability: 0, cost: 0 };
  for (const id of services) {
    const at = (metric: WorldMetric, from_: number, to_: number) =>
      known(samplesOf(world, metric, id, from_, to_));
    const now = (metric: WorldMetric) => at(metric, from, to);
    const [cpu, memory, errors, latency] = [
      now('cpu'),
      now('memory'),
      now('error_ratio'),
      now('latency_p95_ms'),
    ];
    // No reading at all is the worst there is.
    if (cpu.length === 0) worst.reliability = worst.performance = 100;
    else {
      const usual = median(
        at('latency_p95_ms', from - day, from - day + 30 * minute).concat(latency.slice(0, 1)),
      );
      const busy = share((mean(cpu) - 0.65) / 0.35);
      const slow = share((mean(latency) / usual - 1) / 5);
      worst.performance = Math.max(worst.performance, 100 * share(0.6 * busy + 0.6 * slow));
      const full = share((mean(memory) - 0.8) / 0.2);
      worst.reliability = Math.max(worst.reliability, 100 * share(mean(errors) / 0.15 + 0.6 * full));
    }
    const service = world.service(id);
    const usualCost = service ? costPerDay(world, id, from - 7 * day) : 0;
    const excess = usualCost > 0 ? costPerDay(world, id, to) / usualCost - 1 : 0;
    worst.cost = Math.max(worst.cost, 100 * share(excess / 2));
  }
  return {
    performance: round(worst.performance, 1),
    reliability: round(worst.reliability, 1),
    cost: round(worst.cost, 1),
  };
}

/** Both futures under the same noise, so what differs between them is the plan. */
export function trySandboxOn(
  world: World,
  plan: ActionPlan,
  t: number,
  minutes: number,
): SandboxResult & { refused: Tried['refused'] } {
  const tried = carryOut(world, plan, t);
  const services = watched(world, plan, t);
  const [from, to] = [t + minute, t + minutes * minute];
  const targets = new Set(plan.steps.map(targetOf));
  const samples: Samples = {};
  const rows: SandboxResult['services'] = [];
  for (const service of services)
    for (const metric of worldMetrics) {
      const before = samplesOf(world, metric, service, from, to);
      const after = samplesOf(tried.world, metric, service, from, to);
      rows.push({ service, metric, unit: units[metric], before: measured(before), after: measured(after) });
      if (metric === 'replicas' || metric === 'rps') continue;
      samples[`${service} ${metric}`] = {
        baseline: before,
        canary: after,
        // What the plan is about decides alone; where it could not be read before, nothing can be compared.
        critical: metric === 'error_ratio' && targets.has(service) && known(before).length > 0,
        direction: metric === 'cpu' || metric === 'memory' ? 'context' : 'increase',
      };
    }
  const later = new Set(tried.world.faultsAt(to).map(f => f.id));
  const total = (w: World) => services.reduce((sum, id) => sum + costPerDay(w, id, to), 0);
  return {
    at: new Date(t).toISOString(),
    minutes,
    services: rows,
    before: dimensionsOf(world, services, from, to),
    after: dimensionsOf(tried.world, services, from, to),
    costPerDay: { before: round(total(world), 2), after: round(total(tried.world), 2), currency: 'EUR' },
    ends: world
      .faultsAt(to)
      .filter(f => !later.has(f.id))
      .map(f => ({ id: f.id, fault: f.fault, target: f.target.id })),
    withoutEffect: tried.withoutEffect,
    refused: tried.refused,
    scorecard: judgeCanary(samples),
    simulated: true,
  };
}

function measured(values: readonly (number | null)[]): SandboxResult['services'][number]['before'] {
  const found = known(values).toSorted((a, b) => a - b);
  if (found.length === 0) return null;
  const p95 = found[Math.min(found.length - 1, Math.floor(found.length * 0.95))] ?? 0;
  return { mean: round(mean(found)), p95: round(p95) };
}
