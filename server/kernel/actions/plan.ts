import { z } from 'zod';

/** What may be done at all. A plan that names anything else is refused: whoever proposes it, a person or a model. */
export const actionNames = [
  'scale',
  'restart',
  'rollback',
  'rotate-keys',
  'failover',
  'policy-rollback',
  'cordon',
  'drain',
  'dryrun',
] as const;
export type ActionName = (typeof actionNames)[number];

const targetName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._/-]{0,119}$/, 'lower case letters, digits and . _ / - only');

const step = <N extends ActionName, P extends z.ZodRawShape>(action: N, params: P) =>
  z.strictObject({ action: z.literal(action), target: targetName, params: z.strictObject(params) });

export const planStepSchema = z.discriminatedUnion('action', [
  step('scale', { replicas: z.int().min(0).max(1000) }),
  step('restart', {}),
  step('rollback', { toVersion: z.string().max(80).optional() }),
  step('rotate-keys', {}),
  step('failover', { toRegion: targetName }),
  step('policy-rollback', { toVersion: z.int().min(1) }),
  step('cordon', {}),
  step('drain', { graceSeconds: z.int().min(0).max(3600).optional() }),
  step('dryrun', {}),
]);
export type PlanStep = z.output<typeof planStepSchema>;

/** What proposals carry, approvals bind, executions run and simulations try: one shape for all of them. */
export const actionPlanSchema = z.strictObject({
  tenantId: z.string().min(1).max(63),
  steps: z.array(planStepSchema).min(1).max(20),
});
export type ActionPlan = z.output<typeof actionPlanSchema>;

/** Nothing brings the old state back: said wherever the action is shown, and no rollback is promised. */
export const irreversible: ReadonlySet<ActionName> = new Set(['rotate-keys']);
