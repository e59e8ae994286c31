import { z } from 'zod';
import { nullableNumber, tenantId } from './words.ts';

export const modelNames = [
  'seasonal-naive',
  'ets',
  'seasons',
  'theta',
  'calendar',
  'seasonal-ar',
  'combination',
] as const;
export type ModelName = (typeof modelNames)[number];

export const forecastInput = z.strictObject({
  tenantId,
  /** Days ahead. */
  horizon: z.int().min(1).max(90).default(30),
});

export const judged = z.object({
  model: z.enum(modelNames),
  mase: nullableNumber,
  smape: z.number(),
  coverage80: nullableNumber,
  coverage95: nullableNumber,
});

const currencyForecast = z.object({
  currency: z.string(),
  simulated: z.boolean(),
  granularity: z.literal('day'),
  /** The last whole day that was billed. */
  through: z.string(),
  model: z.enum(modelNames),
  /** What the combination is the mean of. */
  members: z.array(z.enum(modelNames)),
  /** Out of a backtest with so many origins: each model asked again from earlier days. */
  accuracy: judged.extend({ origins: z.int() }),
  tried: z.array(judged),
  history: z.array(z.object({ day: z.string(), cost: nullableNumber })),
  points: z.array(
    z.object({
      day: z.string(),
      value: z.number(),
      low80: z.number(),
      high80: z.number(),
      low95: z.number(),
      high95: z.number(),
    }),
  ),
  total: z.object({ value: z.number(), low80: z.number(), high80: z.number() }),
});
export const forecastOutput = currencyForecast.extend({
  tenantId: z.string(),
  /** Of a tenant that is billed in more than one currency, the others; nothing is summed over two. */
  others: z
    .array(
      z.object({
        currency: z.string(),
        /** Null where nothing can be foreseen, and `why` says why not. */
        forecast: currencyForecast.nullable(),
        why: z.string().nullable(),
      }),
    )
    .optional(),
});
export type CostForecast = z.output<typeof forecastOutput>;
