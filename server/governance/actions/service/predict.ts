import type { ActionPlan } from '#kernel/actions/plan.ts';
import { log } from '#kernel/log/log.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { costDelta } from '#server/governance/cost/service.ts';
import { latestRisk } from '#server/governance/risk/service.ts';
import { trySandbox } from '#server/governance/simulation/service.ts';
import type { Predicted } from '../schema.ts';
import type { From, Placed } from './drivers.ts';

/**
 * What is expected of it, kept before it runs so that it can be held against what came. Nobody's estimate is worth failing
 * a request for: what cannot be estimated is null.
 */
export async function predict(from: From, plan: ActionPlan, placed: readonly Placed[]): Promise<Predicted> {
  const ctx = systemContext('actions', from.database, from.clock);
  const quietly = <T>(what: string, work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      log().warn({ event: 'actions.not_estimated', what, error });
      return null;
    });
  const simulated = placed.every(p => p.found.simulated);
  const [cost, tried, score] = await Promise.all([
    quietly('cost', costDelta(ctx, plan)),
    simulated ? quietly('sandbox', trySandbox(ctx, plan, { minutes: 15 })) : null,
    quietly('risk', latestRisk(ctx, plan.tenantId, serviceOf(placed))),
  ]);
  const worst = (d: { performance: number; reliability: number }) =>
    Math.round(Math.max(d.performance, d.reliability) * 10) / 10;
  return {
    score: score?.overall ?? null,
    risk: tried ? { before: worst(tried.before), after: worst(tried.after) } : null,
    cost,
  };
}

/** The one service it is about; several have no score in common but the tenant's. */
export function serviceOf(
  placed: readonly { found: { target: string; kind: string } }[],
): string | undefined {
  const services = [...new Set(placed.filter(p => p.found.kind === 'service').map(p => p.found.target))];
  return services.length === 1 ? services[0] : undefined;
}
