import { z } from 'zod';
import { actionNames, actionPlanSchema } from '#kernel/actions/plan.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { assessmentSchema, blastSchema, realisedSchema } from './schema/assessment.ts';
import { executionStates, stepStates, tiers } from './schema/states.ts';
import { facts, json, tenantName, why } from './schema/words.ts';

export * from './schema/assessment.ts';
export * from './schema/guards.ts';
export * from './schema/states.ts';

const askedOrigins = ['person', 'service', 'runbook', 'game-day'] as const;
export const originSchema = z.strictObject({
  kind: z.enum([...askedOrigins, 'proposal']),
  /** What it came from, e.g. a proposal's id. */
  ref: z.string().max(100).optional(),
  /** Telemetry and risk it was founded on, by id. */
  evidence: z.array(z.string().max(100)).max(50).optional(),
});
export type Origin = z.output<typeof originSchema>;
/** What may be said from outside. Whether a plan is a proposal's, only the system that keeps proposals knows. */
const askedOrigin = originSchema.extend({
  kind: z.enum(askedOrigins, {
    error: issue =>
      issue.input === 'proposal'
        ? 'A proposal is sent by POST /proposals/{id}/execute; nothing else is its run.'
        : undefined,
  }),
});

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
    origin: askedOrigin.optional(),
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

export const secretRef = z.strictObject({
  exec_id: z.string().trim().min(1).max(100),
  step: z.int().min(0).max(19),
});
export const secretTaken = z.object({ target: z.string(), secret: z.string() });

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
  /** It made a secret that somebody has to hand on. */
  secret: z.boolean(),
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
