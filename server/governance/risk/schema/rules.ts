import { z } from 'zod';
import { dimensions, severities } from '../schema.ts';

/** `*` stands for anything; nothing else is special. */
const glob = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .regex(/^[A-Za-z0-9_.:*-]+$/, 'Letters, digits, _ . : - and * only.');
const minutes = z
  .int()
  .min(1)
  .max(24 * 60);

export const condition = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('events'),
    names: z.array(glob).min(1).max(40),
    minSeverity: z.enum(severities),
    atLeast: z.int().min(1).max(10_000),
    withinMinutes: minutes,
  }),
  z.strictObject({
    kind: z.literal('metric'),
    metric: glob,
    op: z.enum(['above', 'below']),
    threshold: z.number().min(-1e12).max(1e12),
  }),
  z.strictObject({
    kind: z.literal('anomaly'),
    metric: glob,
    atLeast: z.number().min(0).max(1),
  }),
  z.strictObject({
    kind: z.literal('template'),
    minRarity: z.number().min(0).max(1),
    minSeverity: z.enum(severities),
    withinMinutes: minutes,
  }),
]);
export type Condition = z.output<typeof condition>;

export const ruleDefinition = z.strictObject({
  title: z
    .string()
    .trim()
    .min(3, 'Give the rule a title.')
    .max(120)
    .refine(text => !/[\p{Cc}\p{Cf}]/u.test(text), 'Control and invisible characters are not accepted.'),
  dimension: z.enum(dimensions),
  /** Of a hundred: what it is worth when it holds just now. */
  points: z.number().min(1).max(100),
  /** How bad an alert it raises; none, where it only counts. */
  alert: z.enum(['low', 'medium', 'high', 'critical']).nullable(),
  when: condition,
});
export type RuleDefinition = z.output<typeof ruleDefinition>;

export const ruleId = z
  .string()
  .min(1, 'Give the rule an id.')
  .max(63)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'Use a–z, 0–9 and hyphens.');

export const ruleRow = z.object({
  id: z.string(),
  version: z.int(),
  enabled: z.boolean(),
  definition: ruleDefinition,
  updatedAt: z.string(),
  updatedBy: z.string(),
});
export type RuleRow = z.output<typeof ruleRow>;
export const ruleList = z.object({ rows: z.array(ruleRow) });

export const ruleRef = z.strictObject({ id: ruleId });
export const ruleVersions = z.object({
  rows: z.array(
    ruleRow.omit({ updatedAt: true, updatedBy: true }).extend({ at: z.string(), by: z.string() }),
  ),
});

/** Version 0 makes a new rule. */
export const saveRuleInput = z.strictObject({
  id: ruleId,
  version: z.int().min(0),
  enabled: z.boolean(),
  definition: ruleDefinition,
});
export type SaveRuleInput = z.output<typeof saveRuleInput>;

export const dryRunInput = z.strictObject({
  definition: ruleDefinition,
  /** The rule as it is, to count against; none for a new one. */
  against: ruleId.optional(),
  tenantId: z.string().min(1).max(63).optional(),
  hours: z.int().min(1).max(24).default(6),
});
export type DryRunInput = z.output<typeof dryRunInput>;

const firings = z.object({
  /** Times it began to hold. */
  fired: z.int(),
  /** Evaluations at which it held. */
  held: z.int(),
});
export const dryRunResult = z.object({
  from: z.string(),
  to: z.string(),
  stepSeconds: z.int(),
  evaluations: z.int(),
  events: z.int(),
  points: z.int(),
  /** There were more events than are looked at: the counts are of the newest. */
  truncated: z.boolean(),
  draft: firings,
  current: firings.nullable(),
  byTenant: z.array(z.object({ tenantId: z.string(), draft: z.int(), current: z.int().nullable() })),
  examples: z.array(
    z.object({ at: z.string(), tenantId: z.string(), service: z.string().nullable(), title: z.string() }),
  ),
});
export type DryRunResult = z.output<typeof dryRunResult>;
