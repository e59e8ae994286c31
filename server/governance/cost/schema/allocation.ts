import { z } from 'zod';
import { currency, month } from './words.ts';

export const allocationInput = z.strictObject({
  month: month.optional(),
  /** Left out: the one with the most charges of that month. */
  currency: currency.optional(),
});
export const allocationOutput = z.object({
  month: z.string(),
  months: z.array(z.string()),
  /** What is divided is billed in this one; nothing is summed over two. */
  currency: z.string().nullable(),
  /** All that the month was billed in. */
  currencies: z.array(z.string()),
  simulated: z.boolean(),
  bill: z.string(),
  workload: z.string(),
  idle: z.string(),
  shared: z.string(),
  overhead: z.string(),
  unallocated: z.string(),
  drift: z.string().nullable(),
  overused: z.array(z.object({ resourceId: z.string(), excess: z.string() })),
  tenants: z.array(
    z.object({
      tenantId: z.string(),
      workload: z.string(),
      shared: z.string(),
      overhead: z.string(),
      total: z.string(),
    }),
  ),
});
export type AllocationView = z.output<typeof allocationOutput>;
