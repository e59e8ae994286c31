import { z } from 'zod';
import { actionNames, actionPlanSchema } from '#kernel/actions/plan.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';

export const executionStates = [
  'planned',
  'waiting',
  'authorised',
  'locked',
  'snapshotted',
  'signed',
  'previewed',
  'applying',
  'judging',
  'undecided',
  'verifying',
  'rolling-back',
  'succeeded',
  'rolled-back',
  'failed',
  'refused',
] as const;
export type ExecutionState = (typeof executionStates)[number];

export const stepStates = [
  'pending',
  'trying',
  'tried',
  'ordered',
  'applied',
  'verified',
  'restored',
  /** Could not be brought back. */
  'stuck',
  /** Nothing brings it back; it stays. */
  'kept',
  /** Ordered, and known to have changed nothing. */
  'unchanged',
  'skipped',
] as const;
export type StepState = (typeof stepStates)[number];

export const tiers = ['low', 'medium', 'high', 'critical'] as const;
export type Tier = (typeof tiers)[number];

const tenantName = z.string().trim().min(1).max(63);
const why = z.string().trim().min(3, 'Say why, in a few words.').max(500);

export const originSchema = z.strictObject({
  kind: z.enum(['person', 'service', 'proposal', 'runbook', 'game-day']),
  /** What it came from, e.g. a proposal's id. */
  ref: z.string().max(100).optional(),
  /** Telemetry and risk it was founded on, by id. */
  evidence: z.array(z.string().max(100)).max(50).optional(),
});
export type Origin = z.output<typeof originSchema>;

const target = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9._/-]{0,119}$/, 'Lower case letters, digits and . _ / - only.');

/** Either a whole plan, or one action on one target; what the short form leaves out is filled in and named in the answer. */
export const executeInput = z
  .strictObject({
    action_plan: actionPlanSchema.optional(),
    action: z.enum(actionNames).optional(),
    tenant_id: tenantName.optional(),
    target: target.optional(),
    replicas: z.int().min(0).max(1000).optional(),
    to_version: z.union([z.string().min(1).max(80), z.int().min(1)]).optional(),
    to_region: target.optional(),
    dry_run: z.boolean().optional(),
    origin: originSchema.optional(),
    reason: why.optional(),
    approver_token: z.string().max(4096).optional(),
  })
  .superRefine((input, issues) => {
    const say = (field: string, message: string) =>
      issues.addIssue({ code: 'custom', path: [field], message });
    const short = ['action', 'tenant_id', 'target', 'replicas', 'to_version', 'to_region'] as const;
    if (input.action_plan) {
      for (const field of short)
        if (input[field] !== undefined) say(field, 'Say it in the plan, or give no plan.');
      return;
    }
    if (!input.action) say('action', 'Give an action, or an action_plan.');
    if (!input.tenant_id) say('tenant_id', 'Say for which tenant.');
  });
export type ExecuteInput = z.output<typeof executeInput>;

export const executionRef = z.strictObject({ exec_id: z.string().trim().min(1).max(100) });
export const actOnInput = z.strictObject({ exec_id: z.string().trim().min(1).max(100), reason: why });
export const decideInput = actOnInput.extend({ go_on: z.boolean() });

const json = z.json();
const facts = z.record(z.string(), json);

export const blastSchema = z.object({
  targets: z.int(),
  tenants: z.int(),
  regions: z.array(z.string()),
  /** Of all the tenant's targets that this console knows. */
  share: z.number(),
  global: z.boolean(),
  words: z.string(),
});
const estimate = z.object({ before: z.number(), after: z.number() });
export const predictedSchema = z.object({
  /** The risk score of the service, or else of the tenant, when it was asked. */
  score: z.number().nullable(),
  /** From a copy of the simulated world, in which it was tried: 0 is calm. */
  risk: estimate.nullable(),
  cost: z.object({ perDay: z.number(), currency: z.string(), low: z.number(), high: z.number() }).nullable(),
});
export type Predicted = z.output<typeof predictedSchema>;
/** What came of it, by what was measured and how long after. */
export const realisedSchema = z.record(
  z.string(),
  z.object({ after: z.string(), before: z.number().nullable(), now: z.number().nullable() }),
);
export type Realised = z.output<typeof realisedSchema>;
export const assessmentSchema = z.object({
  tier: z.enum(tiers),
  effect: z.enum(['allow', 'approve', 'deny']),
  needsApproval: z.boolean(),
  reversible: z.boolean(),
  dryRunFirst: z.boolean(),
  blast: blastSchema,
  reasons: z.array(z.string()),
  /** Only of an execution that was asked for. */
  predicted: predictedSchema.optional(),
});
export type Assessment = z.output<typeof assessmentSchema>;

const checkSchema = z.object({ name: z.string(), ok: z.boolean(), wanted: json, found: json });
const changeSchema = z.object({ field: z.string(), before: json, after: json });
const previewSchema = z.object({
  changes: z.array(changeSchema),
  reversible: z.boolean(),
  warnings: z.array(z.string()),
});
export const stepRow = z.object({
  n: z.int(),
  action: z.enum(actionNames),
  target: z.string(),
  params: facts,
  driver: z.string(),
  state: z.enum(stepStates),
  reversible: z.boolean(),
  before: facts.nullable(),
  preview: previewSchema.nullable(),
  measured: z
    .object({ outcome: z.enum(['ok', 'settling', 'wrong']), checks: z.array(checkSchema) })
    .nullable(),
  canary: json.nullable(),
  note: z.string().nullable(),
  orderedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});
export type StepRow = z.output<typeof stepRow>;

export const executionRow = z.object({
  id: z.string(),
  tenantId: z.string(),
  title: z.string(),
  state: z.enum(executionStates),
  tier: z.enum(tiers),
  dryRun: z.boolean(),
  simulated: z.boolean(),
  requester: z.string(),
  steps: z.int(),
  step: z.int(),
  outcome: z.string().nullable(),
  requestedAt: z.string(),
  endedAt: z.string().nullable(),
});
export type ExecutionRow = z.output<typeof executionRow>;

export const executionDetail = executionRow.extend({
  exec_id: z.string(),
  /** Grows with every change. */
  version: z.int(),
  plan: actionPlanSchema,
  planHash: z.string(),
  environment: z.string(),
  origin: originSchema,
  assessment: assessmentSchema,
  approvalId: z.string().nullable(),
  failure: z.string().nullable(),
  stop: z.string().nullable(),
  snapshotHash: z.string().nullable(),
  /** The DSSE envelope that binds plan, snapshot and versions. */
  manifest: json.nullable(),
  dueAt: z.string().nullable(),
  startedAt: z.string().nullable(),
  stepRows: z.array(stepRow),
  log: z.array(z.object({ seq: z.int(), at: z.string(), level: z.string(), said: z.string() })),
  realised: realisedSchema.nullable(),
  /** What the reader may do with it now; null where they may, else why not. */
  whyNot: z.object({
    run: z.string().nullable(),
    stop: z.string().nullable(),
    rollback: z.string().nullable(),
    decide: z.string().nullable(),
  }),
});
export type ExecutionDetail = z.output<typeof executionDetail>;

export const accepted = z.object({
  exec_id: z.string(),
  state: z.enum(executionStates),
  dry_run: z.boolean(),
  simulated: z.boolean(),
  plan: actionPlanSchema,
  plan_hash: z.string(),
  tier: z.enum(tiers),
  needs_approval: z.boolean(),
  approval_id: z.string().nullable(),
  reversible: z.boolean(),
  blast: blastSchema,
  reasons: z.array(z.string()),
  /** What the request left open and how it was filled in. */
  filled_in: z.array(z.string()),
  link: z.string(),
});
export type Accepted = z.output<typeof accepted>;

export const executionSorts = ['requestedAt', 'tier', 'state', 'tenantId'] as const;
export const listExecutionsInput = listInput(executionSorts, {
  state: facet(executionStates),
  tier: facet(tiers),
  tenant: z.array(tenantName).max(100).optional(),
  dryRun: z.boolean().optional(),
  target: z.string().max(120).optional(),
});
export type ListExecutionsInput = z.output<typeof listExecutionsInput>;
export const listExecutionsOutput = listOutput(executionRow);

export const assessInput = z.strictObject({ plan: actionPlanSchema });
export const targetsInput = z.strictObject({ tenant_id: tenantName });
export const targetRow = z.object({
  target: z.string(),
  kind: z.string(),
  driver: z.string(),
  region: z.string().nullable(),
  state: facts,
  simulated: z.boolean(),
});
export const targetsOutput = z.object({ rows: z.array(targetRow) });

export const everybody = '*';
export const guardInput = z.strictObject({ tenant_id: z.union([z.literal(everybody), tenantName]) });
export const killInput = guardInput.extend({ reason: why });
export const limitsSchema = z.object({
  /** So many different targets within an hour. */
  hourlyTargets: z.int().min(1).max(1000),
  /** So many changes of one target within so many minutes; the next one waits. */
  flapLimit: z.int().min(1).max(100),
  flapMinutes: z.int().min(1).max(1440),
});
export type Limits = z.output<typeof limitsSchema>;
export const setLimitsInput = guardInput.extend({
  version: z.int().min(0),
  ...limitsSchema.shape,
  reason: why,
});
export const guardRow = limitsSchema.extend({
  tenantId: z.string(),
  killed: z.boolean(),
  killedBy: z.string().nullable(),
  killedReason: z.string().nullable(),
  killedAt: z.string().nullable(),
  version: z.int(),
});
export type GuardRow = z.output<typeof guardRow>;
export const freezeInput = guardInput.extend({
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  reason: why,
});
export const freezeRef = z.strictObject({ id: z.uuid(), reason: why });
export const freezeRow = z.object({
  id: z.uuid(),
  tenantId: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  reason: z.string(),
  createdBy: z.string(),
  active: z.boolean(),
});
export type FreezeRow = z.output<typeof freezeRow>;
export const guardsOutput = z.object({
  guards: z.array(guardRow),
  freezes: z.array(freezeRow),
  locks: z.array(z.object({ target: z.string(), executionId: z.string(), until: z.string() })),
});
