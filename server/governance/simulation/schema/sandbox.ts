import { z } from 'zod';
import { actionPlanSchema } from '#kernel/actions/plan.ts';
import { scorecard } from './judgement.ts';

export const sandboxInput = z.strictObject({
  plan: actionPlanSchema,
  minutes: z.int().min(5).max(240).default(15),
});
export type SandboxInput = z.output<typeof sandboxInput>;

/** 0 is calm, 100 as bad as it gets. */
export const dimensions = z.object({
  performance: z.number(),
  reliability: z.number(),
  cost: z.number(),
});
export type Dimensions = z.output<typeof dimensions>;

const measured = z.object({ mean: z.number(), p95: z.number() }).nullable();
export const sandboxResult = z.object({
  at: z.string(),
  minutes: z.int(),
  /** Per service and metric, with nothing done and with the plan carried out. */
  services: z.array(
    z.object({
      service: z.string(),
      metric: z.string(),
      unit: z.string(),
      before: measured,
      after: measured,
    }),
  ),
  before: dimensions,
  after: dimensions,
  costPerDay: z.object({ before: z.number(), after: z.number(), currency: z.literal('EUR') }),
  /** Faults that end with the plan and would not have without it. */
  ends: z.array(z.object({ id: z.string(), fault: z.string(), target: z.string() })),
  /** Steps that change nothing in the world, and why. */
  withoutEffect: z.array(z.object({ step: z.int(), reason: z.string() })),
  scorecard,
  simulated: z.literal(true),
});
export type SandboxResult = z.output<typeof sandboxResult>;
