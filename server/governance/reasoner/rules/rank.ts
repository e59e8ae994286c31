import type { Assessment, Candidate, Dimension, Evidence, Tier } from './evidence.ts';

export interface Estimate {
  dimension: Dimension;
  before: number;
  after: number;
  /** What `after` may turn out to be, by how little is known of the action's effect. */
  low: number;
  high: number;
}

export interface Ranked {
  candidate: Candidate;
  assessment: Assessment;
  risk: Estimate;
  /** Chance that the cause is right and the action mends it. */
  confidence: number;
  /** Expected reduction divided by what it costs to try. */
  score: number;
  burden: { cost: number; blast: number; irreversible: number; tier: number };
}

/** Euros a day that weigh as much as touching a quarter of the tenant's services. */
const costUnit = 50;
const unknownCost = 0.2;
const byTier: Record<Tier, number> = {
  low: 0,
  medium: 0.15,
  high: 0.4,
  critical: 0.8,
};

export function burdenOf(assessment: Assessment): Ranked['burden'] {
  const perDay = assessment.cost?.perDay;
  return {
    cost: perDay === undefined ? unknownCost : Math.max(0, perDay) / costUnit,
    blast: 4 * Math.min(Math.max(assessment.blastShare, 0), 1),
    irreversible: assessment.reversible ? 0 : 1,
    tier: byTier[assessment.tier],
  };
}

const tenth = (value: number) => Math.round(value * 10) / 10;
const clamp = (value: number) => Math.min(Math.max(value, 0), 1);

export function estimateOf(candidate: Candidate, evidence: Evidence): Estimate {
  const before = evidence.risk.scores[candidate.dimension];
  const { mean, deviation } = candidate.efficacy;
  const left = (efficacy: number) =>
    tenth(before * (1 - candidate.belief * candidate.share * clamp(efficacy)));
  return {
    dimension: candidate.dimension,
    before: tenth(before),
    after: left(mean),
    low: left(mean + deviation),
    high: left(mean - deviation),
  };
}

/** Expected reduction of risk for what it costs and touches; what a policy denies comes last; ties by the plan's own text. */
export function rank(
  candidates: readonly { candidate: Candidate; assessment: Assessment }[],
  evidence: Evidence,
): Ranked[] {
  return candidates
    .map(({ candidate, assessment }): Ranked => {
      const confidence = candidate.belief * candidate.efficacy.mean;
      const reduction = evidence.risk.scores[candidate.dimension] * candidate.share * confidence;
      const burden = burdenOf(assessment);
      const whole = 1 + burden.cost + burden.blast + burden.irreversible + burden.tier;
      return {
        candidate,
        assessment,
        risk: estimateOf(candidate, evidence),
        confidence,
        score: reduction / whole,
        burden,
      };
    })
    .toSorted(
      (a, b) =>
        Number(a.assessment.denied) - Number(b.assessment.denied) ||
        b.score - a.score ||
        (planText(a) < planText(b) ? -1 : 1),
    );
}
const planText = ({ candidate }: Ranked) => JSON.stringify(candidate.plan);
