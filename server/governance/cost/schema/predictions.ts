import { z } from 'zod';
import { nullableNumber, tenantId } from './words.ts';

export const predictionsInput = z.strictObject({
  tenantId: tenantId.optional(),
  limit: z.int().min(1).max(200).default(50),
});
export const predictionRow = z.object({
  id: z.string(),
  tenantId: z.string(),
  kind: z.enum(['plan', 'forecast']),
  subject: z.string(),
  service: z.string().nullable(),
  currency: z.string(),
  at: z.string(),
  baseline: nullableNumber,
  perDay: z.number(),
  low: z.number(),
  high: z.number(),
  simulated: z.boolean(),
  realised: z.array(
    z.object({
      after: z.enum(['1h', '24h', '7d']),
      due: z.string(),
      at: z.string().nullable(),
      perDay: nullableNumber,
      within: z.boolean().nullable(),
      reason: z.string().nullable(),
    }),
  ),
});
export type PredictionRow = z.output<typeof predictionRow>;
export const predictionsOutput = z.object({ rows: z.array(predictionRow) });
