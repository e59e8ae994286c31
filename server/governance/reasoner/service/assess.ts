import type { ActionPlan, PlanStep } from '#kernel/actions/plan.ts';
import { decideInForce } from '#kernel/policy/in-force.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import { costDelta } from '#server/governance/cost/service.ts';
import type { Assessment, Evidence } from '../rules/evidence.ts';
import { assess } from './orchestrator.ts';

/** What those who know say about a plan: how far it reaches, what it costs, what the policies in force make of it. */
export async function assessPlan(
  ctx: ReadContext,
  tenant: TenantDetail,
  evidence: Evidence,
  plan: ActionPlan,
): Promise<Assessment | null> {
  const [judged, cost] = await Promise.all([assess(ctx, plan), costDelta(ctx, plan)]);
  if (!judged) return null;
  const [step] = plan.steps;
  const policy = step
    ? await decideInForce(ctx, 'autonomy', {
        tenant: tenant.id,
        risk: judged.tier,
        action: step.action,
        environment: tenant.environment,
        share: judged.blast.share,
        ...factorOf(step, evidence),
      })
    : null;
  return {
    tier: judged.tier,
    blastShare: judged.blast.share,
    blast: judged.blast.words,
    reversible: judged.reversible,
    needsApproval: judged.needsApproval || policy?.effect === 'approve',
    denied: judged.effect === 'deny' || policy?.effect === 'deny',
    reasons: [...new Set([...judged.reasons, ...(policy?.reasons ?? [])])],
    policies: (policy?.under ?? []).map(({ policy: id, version }) => ({
      id,
      version,
      effect: policy?.effect ?? 'allow',
    })),
    cost,
  };
}

function factorOf(step: PlanStep, { measures }: Evidence): { factor?: number } {
  const now = measures.replicas?.latest;
  return step.action === 'scale' && now !== undefined && now > 0
    ? { factor: step.params.replicas / now }
    : {};
}
