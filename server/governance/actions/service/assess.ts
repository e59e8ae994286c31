import type { ActionPlan } from '#kernel/actions/plan.ts';
import { decideInForce } from '#kernel/policy/in-force.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { listTenantsInput } from '#server/federation/tenants/schema.ts';
import { listTenants, readTenant } from '#server/federation/tenants/service.ts';
import { readAutonomyGate } from '#server/governance/simulation/service.ts';
import { simulatedOnly } from '../errors.ts';
import { assess, type History, questionsOf, tierOf } from '../rules/assess.ts';
import { heldBack } from '../rules/guards.ts';
import type { Assessment } from '../schema.ts';
import { type Asked, selectAhead, selectFreezesOf, selectGuardsOf, selectOrders } from '../store/guards.ts';
import { driversOf, type From, type Placed, placeSteps, targetNames } from './drivers.ts';

export interface Weighed {
  assessment: Assessment;
  placed: Placed[];
  environment: string;
}

const own = (from: From) => systemContext('actions', from.database, from.clock);

/** What a plan would touch, how dangerous that is, and whether somebody has to agree. Changes nothing. */
export async function weigh(ctx: ReadContext, plan: ActionPlan): Promise<Weighed> {
  const tenant = await readTenant(ctx, plan.tenantId);
  const drivers = driversOf(ctx);
  const placed = await placeSteps(drivers, plan);
  if (ctx.scope.reach === 'simulated' && !(tenant.simulated && placed.every(p => p.found.simulated)))
    throw simulatedOnly();
  const [known, names] = await Promise.all([
    listTenants(own(ctx), listTenantsInput.parse({ limit: 1, total: true })),
    targetNames(drivers, tenant.id),
  ]);
  const around = {
    tenant,
    found: placed.map(p => p.found),
    targetsOfTenant: names.length,
    tenants: known.total ?? 1,
  };
  const { tier } = tierOf(plan, around);
  const decisions = await Promise.all(
    questionsOf(plan, around, tier).map(question => decideInForce(ctx, 'autonomy', question)),
  );
  const history = await historyOf(ctx, plan);
  return { assessment: assess(plan, around, decisions, history), placed, environment: tenant.environment };
}

/** What replays said of this tenant's actions, whoever asks: a gate is not open to those who may not see it. */
export async function historyOf(from: From, plan: ActionPlan): Promise<History[]> {
  const actions = [...new Set(plan.steps.map(step => step.action))];
  const gates = await Promise.all(actions.map(action => readAutonomyGate(own(from), plan.tenantId, action)));
  return actions.flatMap((action, n) => {
    const gate = gates[n];
    return gate ? [{ action, mode: gate.mode, reason: gate.reason }] : [];
  });
}

export async function assessPlan(ctx: ReadContext, plan: ActionPlan): Promise<Assessment> {
  return (await weigh(ctx, plan)).assessment;
}

/** Freeze, kill switch, budget and flap breaker, asked with nobody's blinkers on. `step`: where it is; what is before it is done. */
export const whyHeldBack = (from: From, plan: ActionPlan, executionId: string, step = 0) =>
  whyHeldBackBy(own(from).db, plan, executionId, step, from.clock.now());

export async function whyHeldBackBy(
  asked: Asked,
  plan: ActionPlan,
  executionId: string,
  step: number,
  now: Date,
) {
  const settings = await selectGuardsOf(asked, plan.tenantId);
  const freezes = await selectFreezesOf(asked, plan.tenantId, now);
  const orders = await selectOrders(asked, plan.tenantId, now, executionId);
  const ahead = await selectAhead(asked, plan.tenantId, executionId);
  const left = plan.steps.slice(step).filter(({ action }) => action !== 'dryrun');
  return heldBack(
    left.map(({ target }) => target),
    { settings, freezes, orders, ahead },
    now,
  );
}
