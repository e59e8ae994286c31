import { z } from 'zod';
import { tiers } from './states.ts';

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
