import { z } from 'zod';

const bin = z.object({
  from: z.number(),
  to: z.number(),
  count: z.int(),
  said: z.number(),
  happened: z.number(),
});

export const calibrationView = z.object({
  current: z
    .object({
      id: z.string(),
      at: z.string(),
      /** Where the labelled outcomes come from. */
      source: z.string(),
      fitted: z.int(),
      judged: z.int(),
      brier: z.number(),
      /** Brier score of always saying the base rate. */
      baseline: z.number(),
      error: z.number(),
      rate: z.number(),
      bins: z.array(bin),
      weights: z.array(z.object({ feature: z.string(), weight: z.number() })),
    })
    .nullable(),
  earlier: z.array(
    z.object({
      id: z.string(),
      at: z.string(),
      source: z.string(),
      judged: z.int(),
      brier: z.number(),
      baseline: z.number(),
    }),
  ),
});
export type CalibrationView = z.output<typeof calibrationView>;
