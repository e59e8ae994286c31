import { z } from 'zod';
import { actionNames, actionPlanSchema } from '#kernel/actions/plan.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { outcomes } from './schema/terms.ts';

const tenantName = z.string().trim().min(1, 'Name a tenant.').max(63);
const shortId = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[\w.:@-]+$/, 'Letters, digits and _ . : @ - only.');

export const proposeInput = z.strictObject({
  tenant_id: tenantName,
  context_id: shortId,
  risk_id: shortId,
});
export type ProposeInput = z.output<typeof proposeInput>;

export const dimensions = ['security', 'cost', 'performance', 'reliability', 'compliance'] as const;
export const tiers = ['low', 'medium', 'high', 'critical'] as const;
export const severities = ['debug', 'info', 'low', 'medium', 'high', 'critical'] as const;

const claim = z.object({ text: z.string(), eventIds: z.array(z.string()) });
const fact = z.object({
  text: z.string(),
  source: z.enum(['measure', 'risk', 'outcome']),
  ref: z.string(),
});
const doubt = z.object({
  text: z.string(),
  kind: z.enum(['measure', 'outcome', 'runner-up', 'missing', 'policy']),
});

/** What is kept of a proposal beside its columns. */
export const proposalBody = z.object({
  rationale: z.array(claim),
  facts: z.array(fact),
  riskDelta: z.object({
    dimension: z.enum(dimensions),
    before: z.number(),
    after: z.number(),
    low: z.number(),
    high: z.number(),
    delta: z.number(),
  }),
  /** Null: not known, and said so. */
  costDelta: z
    .object({ perDay: z.number(), currency: z.string(), low: z.number(), high: z.number() })
    .nullable(),
  blastRadius: z.object({ share: z.number(), words: z.string() }),
  reversible: z.boolean(),
  requiredApprovals: z.object({
    needed: z.boolean(),
    tier: z.enum(tiers),
    denied: z.boolean(),
    reasons: z.array(z.string()),
  }),
  policyReferences: z.array(z.object({ id: z.string(), version: z.int(), effect: z.string() })),
  wouldChangeItsMind: z.array(doubt),
  burden: z.object({ cost: z.number(), blast: z.number(), irreversible: z.number(), tier: z.number() }),
});
export type ProposalBody = z.output<typeof proposalBody>;

export const dispatchRow = z.object({
  execId: z.string(),
  at: z.string(),
  by: z.string(),
  dimension: z.enum(dimensions),
  predicted: z.number(),
  realised: z.number().nullable(),
  realisedAt: z.string().nullable(),
  ended: z.string().nullable(),
});
export type DispatchRow = z.output<typeof dispatchRow>;

export const proposalCard = proposalBody.extend({
  id: z.uuid(),
  rank: z.int(),
  title: z.string(),
  action: z.enum(actionNames),
  cause: z.string(),
  plan: actionPlanSchema,
  planHash: z.string(),
  confidence: z.number(),
  score: z.number(),
  dispatch: dispatchRow.nullable(),
  /** Its newest dry run: that uses nothing up. */
  tried: z.object({ execId: z.string(), state: z.string() }).nullable(),
});
export type ProposalCard = z.output<typeof proposalCard>;

export const citedEvent = z.object({
  id: z.string(),
  ts: z.string(),
  event: z.string(),
  severity: z.enum(severities),
  service: z.string().nullable(),
  message: z.string().nullable(),
});
export type CitedEvent = z.output<typeof citedEvent>;

export const enrichmentStates = ['queued', 'done', 'rejected', 'failed'] as const;
export const enrichment = z.object({
  state: z.enum(enrichmentStates),
  model: z.string().nullable(),
  /** Proposal ids in the order that a model suggests, within the bounds it is allowed. */
  order: z.array(z.string()),
  texts: z.record(z.string(), z.array(claim)),
  problem: z.string().nullable(),
  simulated: z.boolean(),
  at: z.string(),
});
export type Enrichment = z.output<typeof enrichment>;

export const traceStep = z.object({ step: z.string(), said: z.string() });

export const decisionRow = z.object({
  id: z.uuid(),
  tenantId: z.string(),
  contextId: z.string(),
  riskId: z.string(),
  service: z.string().nullable(),
  at: z.string(),
  outcome: z.enum(outcomes),
  reason: z.string().nullable(),
  confidence: z.number(),
  tookMs: z.number(),
  simulated: z.boolean(),
  askedBy: z.string(),
  /** The first proposal, for lists. */
  best: z.string().nullable(),
  proposals: z.int(),
  sent: z.int(),
});
export type DecisionRow = z.output<typeof decisionRow>;

export const decisionDetail = decisionRow.omit({ best: true, proposals: true, sent: true }).extend({
  digest: z.string(),
  proposals: z.array(proposalCard),
  evidence: z.array(citedEvent),
  trace: z.array(traceStep),
  enrichment: enrichment.nullable(),
});
export type DecisionDetail = z.output<typeof decisionDetail>;

export const decisionSorts = ['at', 'tenantId', 'confidence'] as const;
export const listDecisionsInput = listInput(decisionSorts, {
  outcome: facet(outcomes),
  tenant: z.array(tenantName).max(100).optional(),
});
export type ListDecisionsInput = z.output<typeof listDecisionsInput>;
export const listDecisionsOutput = listOutput(decisionRow);

export const decisionRef = z.strictObject({ id: z.uuid() });
export const executeInput = z.strictObject({
  id: z.uuid(),
  /** Left out: tried first in production and where a policy says so, and carried out once that ended well. */
  dryRun: z.boolean().optional(),
});
export const dispatched = z.object({
  proposalId: z.uuid(),
  execId: z.string(),
  dryRun: z.boolean(),
  state: z.string(),
  link: z.string(),
});

export const historyInput = z.strictObject({
  tenant: tenantName.optional(),
  limit: z.int().min(1).max(200).default(50),
});
export const historyRow = dispatchRow.extend({
  proposalId: z.string(),
  decisionId: z.string(),
  tenantId: z.string(),
  title: z.string(),
  confidence: z.number(),
});
export const history = z.object({ rows: z.array(historyRow) });
export type HistoryRow = z.output<typeof historyRow>;

export const contextInput = z.strictObject({
  tenant_id: tenantName,
  id: shortId,
  title: z.string().trim().min(3).max(120),
  windowMinutes: z
    .int()
    .min(5)
    .max(24 * 60)
    .default(60),
  actions: z.array(z.enum(actionNames)).max(actionNames.length).default([]),
});
export type ContextInput = z.output<typeof contextInput>;
export const contextRow = z.object({
  tenantId: z.string(),
  id: z.string(),
  title: z.string(),
  windowMinutes: z.int(),
  actions: z.array(z.enum(actionNames)),
  createdAt: z.string(),
  createdBy: z.string(),
});
export type ContextRow = z.output<typeof contextRow>;
export const tenantRef = z.strictObject({ tenant: tenantName });
export const contexts = z.object({ rows: z.array(contextRow) });
