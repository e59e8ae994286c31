import { uuidv7 } from '#kernel/ids/ids.ts';
import { log } from '#kernel/log/log.ts';
import { counter, histogram } from '#kernel/metrics/metrics.ts';
import { canonicalBytes, sha256Hex } from '#kernel/signing/canonical.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { noSuchContext } from '../errors.ts';
import { proposalEvent } from '../events.ts';
import { candidatesFrom } from '../rules/candidates.ts';
import { type ProposalDraft, reason } from '../rules/propose.ts';
import { percent } from '../rules/rationale.ts';
import type { CitedEvent, DecisionDetail, ProposalCard, ProposeInput } from '../schema.ts';
import { findContext, insertDecision } from '../store/decisions.ts';
import { assessPlan } from './assess.ts';
import { modelGateway } from './model.ts';
import { retrieve } from './retrieve.ts';

const inference = histogram('atom_proposals_inference_seconds', 'Time from a question to its proposals', [
  'outcome',
]);
const decisions = counter('atom_proposals_decisions_total', 'Answers to questions for proposals', [
  'outcome',
  'simulated',
]);

/** From a risk to ranked proposals: evidence is read, the pure ranker decides, the answer and its trace are kept. */
export async function propose(ctx: CommandContext, input: ProposeInput): Promise<DecisionDetail> {
  const started = performance.now();
  const tenant = await readTenant(ctx, input.tenant_id);
  const context = await findContext(ctx.db, tenant.id, input.context_id);
  if (!context) throw noSuchContext(input.context_id);
  const { evidence, subject, notes } = await retrieve(ctx, tenant, context, input.risk_id);
  const weighed = candidatesFrom(evidence);
  const assessed = new Map(
    await Promise.all(
      weighed.candidates.map(
        async ({ plan }) => [JSON.stringify(plan), await assessPlan(ctx, tenant, evidence, plan)] as const,
      ),
    ),
  );
  const answer = reason(evidence, weighed, plan => assessed.get(JSON.stringify(plan)) ?? undefined);
  const proposals = answer.proposals.map((draft, i) => cardOf(draft, i + 1));
  const found = {
    risk: 'the risk names it',
    events: 'the events name it',
    register: 'no event names one, and it is the first of the register',
  };
  const trace = [
    ...notes.map(said => ({ step: 'retrieve', said })),
    {
      step: 'subject',
      said: subject
        ? `${subject.service}: ${found[subject.from]}.`
        : 'No service that the console knows could be made out.',
    },
    ...answer.trace,
  ];
  const tookMs = Math.round((performance.now() - started) * 10) / 10;
  const made: DecisionDetail = {
    id: uuidv7(),
    tenantId: tenant.id,
    contextId: context.id,
    riskId: input.risk_id,
    service: subject?.service ?? null,
    at: ctx.clock.now().toISOString(),
    outcome: answer.outcome,
    reason: answer.reason,
    confidence: answer.confidence,
    tookMs,
    simulated: tenant.simulated,
    askedBy: ctx.principal.name,
    digest: sha256Hex(canonicalBytes(JSON.parse(JSON.stringify({ proposals, trace })))),
    proposals,
    evidence: citedIn(proposals, evidence.events),
    trace,
    enrichment: null,
  };
  const simulatedModel = !modelGateway().real;
  await ctx.commit(
    proposalEvent(
      'proposal.made',
      { kind: 'decision', id: made.id, tenantId: tenant.id },
      {
        outcome: made.outcome,
        risk: input.risk_id,
        context: context.id,
        confidence: percent(made.confidence),
        events: made.evidence.length,
        digest: made.digest,
        simulated: made.simulated,
        ...(proposals[0] ? { best: proposals[0].title } : {}),
      },
      proposals.length > 0
        ? [{ task: 'proposals.enrich', payload: { id: made.id }, key: `enrich:${made.id}` }]
        : [],
    ),
    tx => insertDecision(tx, made, simulatedModel),
    { tenantId: tenant.id },
  );
  inference.observe({ outcome: made.outcome }, tookMs / 1000);
  decisions.inc({ outcome: made.outcome, simulated: String(made.simulated) });
  log().info({
    event: 'proposal.decided',
    decision: made.id,
    tenant: tenant.id,
    outcome: made.outcome,
    confidence: made.confidence,
    tookMs,
    trace,
  });
  return {
    ...made,
    enrichment:
      proposals.length > 0
        ? {
            state: 'queued',
            model: null,
            order: [],
            texts: {},
            problem: null,
            simulated: simulatedModel,
            at: made.at,
          }
        : null,
  };
}

function cardOf(draft: ProposalDraft, rank: number): ProposalCard {
  const { assessment, risk } = draft;
  const [step] = draft.plan.steps;
  return {
    id: uuidv7(),
    rank,
    title: draft.title,
    action: step?.action ?? 'dryrun',
    cause: draft.cause,
    plan: draft.plan,
    planHash: draft.planHash,
    confidence: draft.confidence,
    score: draft.score,
    rationale: draft.claims,
    facts: draft.facts,
    riskDelta: { ...risk, delta: Math.round((risk.after - risk.before) * 10) / 10 },
    costDelta: assessment.cost,
    blastRadius: { share: assessment.blastShare, words: assessment.blast },
    reversible: assessment.reversible,
    requiredApprovals: {
      needed: assessment.needsApproval,
      tier: assessment.tier,
      denied: assessment.denied,
      reasons: assessment.reasons,
    },
    policyReferences: assessment.policies,
    wouldChangeItsMind: draft.doubts,
    burden: draft.burden,
    dispatch: null,
    tried: null,
  };
}

/** The cited events as they read now: retention may take them away before anybody looks at the proposal again. */
function citedIn(
  proposals: readonly ProposalCard[],
  events: readonly (CitedEvent & { attributes: unknown })[],
): CitedEvent[] {
  const cited = new Set(proposals.flatMap(p => p.rationale.flatMap(c => c.eventIds)));
  return events
    .filter(event => cited.has(event.id))
    .map(({ id, ts, event, severity, service, message }) => ({
      id,
      ts,
      event,
      severity,
      service,
      message: message === null ? null : message.slice(0, 500),
    }));
}
