import type { ActionPlan } from '#kernel/actions/plan.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import { leastBelief, type Weighed } from './candidates.ts';
import { type Doubt, doubtsOf } from './doubts.ts';
import type { Assessment, Candidate, Claim, Evidence, Fact } from './evidence.ts';
import { type Estimate, type Ranked, rank } from './rank.ts';
import { percent } from './rationale.ts';

export interface ProposalDraft {
  plan: ActionPlan;
  planHash: string;
  title: string;
  cause: string;
  claims: Claim[];
  facts: Fact[];
  doubts: Doubt[];
  risk: Estimate;
  assessment: Assessment;
  confidence: number;
  score: number;
  burden: Ranked['burden'];
}

export interface TraceStep {
  step: string;
  said: string;
}

export interface Reasoned {
  outcome: 'ranked' | 'insufficient_evidence';
  /** Why there is no proposal. */
  reason: string | null;
  confidence: number;
  proposals: ProposalDraft[];
  trace: TraceStep[];
}

export type Assess = (plan: ActionPlan) => Assessment | undefined;

const shownAtMost = 5;

export const titleOf = ({ steps }: ActionPlan): string =>
  steps
    .map(step => {
      if (step.action === 'scale') return `Scale ${step.target} to ${step.params.replicas} replicas`;
      if (step.action === 'failover') return `Move ${step.target} to ${step.params.toRegion}`;
      if (step.action === 'rotate-keys') return `Rotate the keys of ${step.target}`;
      if (step.action === 'policy-rollback')
        return `Return policy ${step.target} to version ${step.params.toVersion}`;
      if (step.action === 'rollback') return `Roll ${step.target} back to its version before`;
      return `${step.action.charAt(0).toUpperCase()}${step.action.slice(1)} ${step.target}`;
    })
    .join(', then ');

/** From evidence to ranked proposals: nothing is read or written, and the same evidence always gives the same answer. */
export function reason(evidence: Evidence, weighed: Weighed, assess: Assess): Reasoned {
  const assessed = weighed.candidates.flatMap(candidate => {
    const assessment = assess(candidate.plan);
    return assessment && cited(candidate, evidence) ? [{ candidate, assessment }] : [];
  });
  const ranked = rank(assessed, evidence);
  const proposals = ranked.slice(0, shownAtMost).map(
    (own, place): ProposalDraft => ({
      plan: own.candidate.plan,
      planHash: sha256Hex(canonicalBytes(own.candidate.plan)),
      title: titleOf(own.candidate.plan),
      cause: own.candidate.cause,
      claims: own.candidate.claims,
      facts: own.candidate.facts,
      doubts: doubtsOf(ranked, place, evidence),
      risk: own.risk,
      assessment: own.assessment,
      confidence: own.confidence,
      score: own.score,
      burden: own.burden,
    }),
  );
  const trace = traceOf(evidence, weighed, ranked);
  const [first] = proposals;
  if (!first)
    return {
      outcome: 'insufficient_evidence',
      reason: whyNothing(evidence, weighed),
      confidence: 0,
      proposals,
      trace,
    };
  return { outcome: 'ranked', reason: null, confidence: first.confidence, proposals, trace };
}

/** A claim that stands on nothing that was retrieved takes its proposal with it. */
function cited({ claims }: Candidate, { events }: Evidence): boolean {
  const known = new Set(events.map(event => event.id));
  return (
    claims.length > 0 && claims.every(c => c.eventIds.length > 0 && c.eventIds.every(id => known.has(id)))
  );
}

function whyNothing(
  { events, risk, windowMinutes }: Evidence,
  { signs, supported, candidates }: Weighed,
): string {
  if (events.length === 0)
    return `No event of ${risk.service ?? 'this tenant'} was found in the last ${windowMinutes} minutes, nor does the risk cite any.`;
  if (signs.length === 0)
    return `${events.length} events were looked at; none of them is of a kind that speaks for a cause.`;
  const [best] = supported;
  if (!best || best.belief < leastBelief)
    return `The best supported cause (${best?.rule.words ?? 'none'}) is believed ${percent(best?.belief ?? 0)}; at least ${percent(leastBelief)} is asked for.`;
  if (candidates.length === 0)
    return `The events point to ${best.rule.words}, but no action of the catalogue fits: its target or its present size is not known, or the context does not allow it.`;
  return 'What could be proposed could not be assessed.';
}

function traceOf(
  evidence: Evidence,
  { signs, supported, candidates }: Weighed,
  ranked: readonly Ranked[],
): TraceStep[] {
  return [
    {
      step: 'retrieve',
      said: `${evidence.events.length} events, ${Object.keys(evidence.measures).length} metrics, ${evidence.outcomes.length} past outcomes, ${evidence.risk.contributions.length} contributions of risk ${evidence.risk.id}.`,
    },
    { step: 'recognise', said: `${signs.length} events are of a known kind.` },
    ...supported.map(cause => ({
      step: 'weigh',
      said: `${cause.name}: believed ${percent(cause.belief)} by ${cause.signs.length} events${cause.against.length > 0 ? `, ${cause.against.length} against` : ''}${cause.agreement === 0 ? '' : cause.agreement === 1 ? ', its metric agrees' : ', its metric disagrees'}.`,
    })),
    { step: 'enumerate', said: `${candidates.length} plans of the catalogue fit.` },
    ...ranked.map(own => ({
      step: 'rank',
      said: `${titleOf(own.candidate.plan)}: expected reduction ${percent((own.risk.before - own.risk.after) / Math.max(own.risk.before, 1))} of ${own.risk.dimension}, confidence ${percent(own.confidence)}, score ${own.score.toFixed(2)}${own.assessment.denied ? ', denied by policy' : ''}.`,
    })),
  ];
}
