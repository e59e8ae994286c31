import { z } from 'zod';
import { actionPlanSchema } from '#kernel/actions/plan.ts';

/** Which way is worse. `context` is looked at and not judged. */
export const directions = ['increase', 'decrease', 'either', 'context'] as const;
const reading = z.number().nullable();
export const samplesSchema = z.record(
  z.string().min(1).max(60),
  z.strictObject({
    baseline: z.array(reading).max(20_000),
    canary: z.array(reading).max(20_000),
    direction: z.enum(directions).optional(),
    weight: z.number().min(0).max(100).optional(),
    /** Fails or leaves open the whole by itself. */
    critical: z.boolean().optional(),
  }),
);
export type Samples = z.output<typeof samplesSchema>;

export const verdicts = ['pass', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

const summary = z.object({ n: z.int(), median: z.number(), spread: z.number() }).nullable();
export const metricJudgement = z.object({
  name: z.string(),
  verdict: z.enum([...verdicts, 'context']),
  reason: z.string(),
  weight: z.number(),
  critical: z.boolean(),
  baseline: summary,
  canary: summary,
  tests: z.array(
    z.object({
      kind: z.enum(['shift', 'spread', 'zeros']),
      p: z.number(),
      /** After Holm's correction over all tests of the scorecard. */
      adjusted: z.number(),
      effect: z.number(),
      matters: z.boolean(),
    }),
  ),
});
export type MetricJudgement = z.output<typeof metricJudgement>;

export const scorecard = z.object({
  verdict: z.enum(verdicts),
  /** 0 to 100; null where no metric could be judged. */
  score: z.number().nullable(),
  reason: z.string(),
  metrics: z.array(metricJudgement),
});
export type Scorecard = z.output<typeof scorecard>;

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
