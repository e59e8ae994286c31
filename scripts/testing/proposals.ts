import { candidatesFrom } from '#server/governance/reasoner/rules/candidates.ts';
import type { Assessment, Evidence, EvidenceEvent } from '#server/governance/reasoner/rules/evidence.ts';
import { reason } from '#server/governance/reasoner/rules/propose.ts';
import type { CitedEvent, ProposalCard } from '#server/governance/reasoner/schema.ts';

export const sampleNow = '2026-03-02T10:00:00.000Z';
export const minutesAgo = (minutes: number) =>
  new Date(Date.parse(sampleNow) - minutes * 60_000).toISOString();

export const sampleEvent = (
  id: string,
  name: string,
  change: Partial<EvidenceEvent> = {},
): EvidenceEvent => ({
  id,
  ts: minutesAgo(5),
  event: name,
  severity: 'high',
  service: 'service-x',
  region: 'eu-west',
  message: null,
  attributes: {},
  ...change,
});

export const sampleEvidence = (change: Partial<Evidence> = {}): Evidence => ({
  now: sampleNow,
  tenantId: 't1',
  windowMinutes: 60,
  allowedActions: [],
  risk: {
    id: 'r1',
    service: 'service-x',
    at: sampleNow,
    stale: false,
    scores: { security: 30, cost: 40, performance: 80, reliability: 60, compliance: 10 },
    contributions: [],
  },
  events: [sampleEvent('e1', 'cpu_spike')],
  measures: {
    replicas: { metric: 'replicas', latest: 4, mean: 4, at: sampleNow, points: 20 },
    cpu: { metric: 'cpu', latest: 0.9, mean: 0.7, at: sampleNow, points: 20 },
  },
  outcomes: [],
  regions: ['eu-west', 'eu-north'],
  policies: [{ id: 'pii', version: 3 }],
  ...change,
});

export const sampleAssessment: Assessment = {
  tier: 'low',
  blastShare: 0.1,
  blast: 'One service.',
  reversible: true,
  needsApproval: false,
  denied: false,
  reasons: [],
  policies: [],
  cost: { perDay: 5, currency: 'EUR', low: 4, high: 6 },
};

/** What the ranker makes of some evidence, as it would be kept. */
export function sampleAnswer(evidence: Evidence): { cards: ProposalCard[]; events: CitedEvent[] } {
  const { proposals } = reason(evidence, candidatesFrom(evidence), () => sampleAssessment);
  const cards = proposals.map(
    (draft, i): ProposalCard => ({
      id: `00000000-0000-7000-8000-00000000000${i + 1}`,
      rank: i + 1,
      title: draft.title,
      action: draft.plan.steps[0]?.action ?? 'dryrun',
      cause: draft.cause,
      plan: draft.plan,
      planHash: draft.planHash,
      confidence: draft.confidence,
      score: draft.score,
      rationale: draft.claims,
      facts: draft.facts,
      riskDelta: { ...draft.risk, delta: draft.risk.after - draft.risk.before },
      costDelta: draft.assessment.cost,
      blastRadius: { share: draft.assessment.blastShare, words: draft.assessment.blast },
      reversible: draft.assessment.reversible,
      requiredApprovals: {
        needed: draft.assessment.needsApproval,
        tier: draft.assessment.tier,
        denied: draft.assessment.denied,
        reasons: draft.assessment.reasons,
      },
      policyReferences: [],
      wouldChangeItsMind: draft.doubts,
      burden: draft.burden,
      dispatch: null,
      tried: null,
    }),
  );
  const cited = new Set(cards.flatMap(card => card.rationale.flatMap(claim => claim.eventIds)));
  return { cards, events: evidence.events.filter(event => cited.has(event.id)) };
}
