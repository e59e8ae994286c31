import { z } from 'zod';
import { nullableNumber, tenantId } from './words.ts';

export const overviewOutput = z.object({
  /** Of the newest charge; what was billed in another one is left out and named. */
  currency: z.string().nullable(),
  otherCurrencies: z.array(z.string()),
  simulated: z.boolean(),
  through: z.string().nullable(),
  tenants: z.array(z.object({ tenantId: z.string(), lastWeek: z.number(), weekBefore: z.number() })),
  days: z.array(z.object({ day: z.string(), cost: z.number() })),
});
export type CostOverview = z.output<typeof overviewOutput>;

export const monthInput = z.strictObject({ tenantId: tenantId.optional() });
const reach80 = { value: z.number(), low80: z.number(), high80: z.number() };
const soFar = {
  through: z.string().nullable(),
  spent: z.number(),
  /** At the month's end; null where nothing can be foreseen, and `why` says why not. */
  expected: z.object(reach80).nullable(),
  why: z.string().nullable(),
};
export const monthOutput = z.object({
  month: z.string(),
  /** Of the newest charge. */
  currency: z.string().nullable(),
  simulated: z.boolean(),
  ...soFar,
  /** What was billed in other currencies, each by itself. */
  others: z.array(z.object({ currency: z.string(), ...soFar })),
  days: z.array(z.object({ day: z.string(), cost: nullableNumber })),
  points: z.array(z.object({ day: z.string(), ...reach80 })),
});
export type CostMonth = z.output<typeof monthOutput>;
