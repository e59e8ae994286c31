import { z } from 'zod';

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
