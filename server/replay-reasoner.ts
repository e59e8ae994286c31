import type { ActionPlan } from '#kernel/actions/plan.ts';
import { tierOf } from './governance/actions/rules/assess.ts';
import type { TargetState } from './governance/actions/schema/target.ts';
import { candidatesFrom } from './governance/reasoner/rules/candidates.ts';
import type { Assessment, Evidence } from './governance/reasoner/rules/evidence.ts';
import { measuresOf } from './governance/reasoner/rules/measures.ts';
import { reason } from './governance/reasoner/rules/propose.ts';
import type { Propose, Sign } from './governance/simulation/rules/replay.ts';

const windowMinutes = 30;

/** What the risk engine would have cited: the dimensions as they stood, and the events that speak for them. */
function evidenceOf(sign: Sign): Evidence {
  const { service, at, events, replicas } = sign;
  const now = new Date(at).toISOString();
  const loud = events.filter(e => e.severity !== 'debug' && e.severity !== 'info').slice(-40);
  const eventIds = loud.map(e => e.id);
  return {
    now,
    tenantId: service.tenantId,
    windowMinutes,
    allowedActions: ['scale', 'restart', 'rollback'],
    risk: {
      id: `replay-${service.id}`,
      service: service.id,
      at: now,
      stale: false,
      scores: { ...sign.risk, security: 0, compliance: 0 },
      contributions: (['performance', 'reliability'] as const).map(dimension => ({
        dimension,
        feature: sign.sign,
        value: sign.risk[dimension],
        weight: sign.risk[dimension] / 100,
        eventIds,
      })),
    },
    events: events.map(e => ({ ...e, ts: new Date(e.ts).toISOString() })),
    measures: measuresOf(sign.series, replicas, now),
    outcomes: [],
    regions: [service.region],
    policies: [],
  };
}

function assessed(plan: ActionPlan, sign: Sign): Assessment {
  const { service, replicas, services } = sign;
  const found: TargetState = {
    target: service.id,
    kind: 'service',
    tenantId: service.tenantId,
    region: service.region,
    version: '',
    state: { replicas },
    simulated: true,
  };
  const { tier, reasons } = tierOf(plan, {
    tenant: { id: service.tenantId, environment: 'simulation', tier: 'standard' },
    found: plan.steps.map(() => found),
    targetsOfTenant: services,
    tenants: 1,
  });
  return {
    tier,
    blastShare: 1 / services,
    blast: service.id,
    reversible: true,
    // What the draft says of it is what the replay asks; here nothing is held back.
    needsApproval: false,
    denied: false,
    reasons,
    policies: [],
    cost: null,
  };
}

/**
 * The console's own reasoner in a replay: the same causes, candidates and ranking as for a proposal today, on what was
 * known then. Past outcomes are left out, since they came later.
 */
export const proposeAsThen: Propose = sign => {
  const evidence = evidenceOf(sign);
  const [best] = reason(evidence, candidatesFrom(evidence), plan => assessed(plan, sign)).proposals;
  const [step] = best?.plan.steps ?? [];
  return best && step ? { step, said: `${best.title}, for ${best.cause}`, tier: best.assessment.tier } : null;
};
