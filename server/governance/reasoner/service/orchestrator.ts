import type { ActionName, ActionPlan } from '#kernel/actions/plan.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import type { Assessment } from '#server/governance/actions/schema.ts';
import {
  assessPlan,
  dryRunsOf,
  listTargets,
  pastOutcomes,
  readExecution,
  requestExecution,
  runOfProposal,
} from '#server/governance/actions/service.ts';
import type { PastOutcome } from '../rules/evidence.ts';

export interface Registered {
  service: string;
  /** As its driver reads it now; null where it has no such number. */
  replicas: number | null;
}

/** The tenant's services that can be acted on, the one most in need of it first: the register that targets come from. */
export async function registerOf(ctx: ReadContext, tenantId: string): Promise<Registered[]> {
  const { rows } = await listTargets(ctx, tenantId);
  const services = rows.filter(row => row.kind === 'service');
  return services.map(({ target, state: { replicas } }) => ({
    service: target,
    replicas: typeof replicas === 'number' ? replicas : null,
  }));
}

/** Null: nobody can act on this target in this way. */
export async function assess(ctx: ReadContext, plan: ActionPlan): Promise<Assessment | null> {
  try {
    return await assessPlan(ctx, plan);
  } catch (error) {
    if (error instanceof DomainError && error.kind !== 'unavailable') return null;
    throw error;
  }
}

export async function outcomesOf(
  ctx: ReadContext,
  action: ActionName,
  service: string,
): Promise<PastOutcome[]> {
  const past = await pastOutcomes(ctx, action, service);
  return past.map(({ id, state, endedAt }) => ({
    execId: id,
    action,
    worked: state === 'succeeded',
    at: endedAt,
  }));
}

export async function triedOf(
  ctx: ReadContext,
  tenantId: string,
  proposals: readonly { id: string; planHash: string }[],
): Promise<Map<string, { execId: string; state: string }>> {
  const runs = await dryRunsOf(ctx, tenantId, proposals);
  return new Map(runs.map(({ ref, ...run }) => [ref, run]));
}

/** In production and where a policy says so, a plan is tried before it is carried out; what ended well was tried. */
export async function isTriedFirst(
  ctx: ReadContext,
  { id, tenantId, plan, planHash }: { id: string; tenantId: string; plan: ActionPlan; planHash: string },
): Promise<boolean> {
  const assessed = await assess(ctx, plan);
  if (!assessed?.dryRunFirst) return false;
  return (await triedOf(ctx, tenantId, [{ id, planHash }])).get(id)?.state !== 'succeeded';
}

/** The execution that this proposal was sent as, whatever became of the answer. */
export const runOf = (
  ctx: ReadContext,
  { tenantId, ...proposal }: { id: string; tenantId: string; planHash: string },
) => runOfProposal(ctx, tenantId, proposal);

export async function requestRun(
  ctx: CommandContext,
  ask: { plan: ActionPlan; dryRun: boolean; proposalId: string; evidence: string[] },
): Promise<{ execId: string; state: string }> {
  const { id, state } = await requestExecution(ctx, {
    plan: ask.plan,
    dryRun: ask.dryRun,
    origin: { kind: 'proposal', ref: ask.proposalId, evidence: ask.evidence },
  });
  return { execId: id, state };
}

const ends = new Set(['succeeded', 'rolled-back', 'failed', 'refused']);

/** Null while it is under way. `changed`: it was carried out for real and stayed. */
export async function endedRun(
  ctx: ReadContext,
  execId: string,
): Promise<{ ended: string; at: string; changed: boolean } | null> {
  const { state, endedAt, dryRun } = await readExecution(ctx, execId);
  if (!ends.has(state) || endedAt === null) return null;
  return { ended: dryRun ? 'dry-run' : state, at: endedAt, changed: state === 'succeeded' && !dryRun };
}
