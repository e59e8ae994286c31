import { z } from 'zod';
import { nullableNumber, tenantId } from './words.ts';

export const tenantInput = z.strictObject({ tenantId });
const size = z.object({
  cpu: z.number(),
  memory: z.number(),
  throttled: z.number(),
  outOfMemory: z.number(),
});
export const rightsizingOutput = z.object({
  source: z.string(),
  simulated: z.boolean(),
  services: z.array(
    z.object({
      service: z.string(),
      perDay: nullableNumber,
      verdict: z.enum(['refused', 'smaller', 'fits', 'larger']),
      reason: z.string().nullable(),
      days: z.number(),
      coverage: z.number(),
      low: size.nullable(),
      high: size.nullable(),
      now: size.nullable(),
      startupPeak: nullableNumber,
      outOfMemoryEvents: z.int(),
      /** A day's saving (or more, where negative) at the careful and at the least size; null where that cannot be said. */
      saving: z.object({ low: z.number(), high: z.number() }).nullable(),
    }),
  ),
});
export type RightsizingView = z.output<typeof rightsizingOutput>;

export const anomaliesOutput = z.object({
  rows: z.array(
    z.object({
      day: z.string(),
      currency: z.string(),
      cost: z.number(),
      expected: z.number(),
      score: z.number(),
      parts: z.array(
        z.object({
          service: z.string(),
          what: z.string(),
          before: z.number(),
          now: z.number(),
          byQuantity: z.number(),
          byPrice: z.number(),
        }),
      ),
    }),
  ),
});
