import { z } from 'zod';
import { currency, nullableNumber, tenantId } from './words.ts';

export const setBudgetInput = z.strictObject({
  /** Absent: a new one. */
  id: z.uuid().optional(),
  version: z.int().min(1).optional(),
  tenantId,
  name: z.string().trim().min(1, 'Give it a name.').max(80),
  service: z.string().min(1).max(120).nullable().default(null),
  amount: z.number().positive('More than nothing.').max(1e9),
  currency: currency.default('EUR'),
  thresholds: z.array(z.int().min(1).max(500)).min(1).max(6).default([50, 80, 100]),
});
export type SetBudgetInput = z.output<typeof setBudgetInput>;
export const budgetRef = z.strictObject({ id: z.uuid() });
export const budgetRow = z.object({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  service: z.string().nullable(),
  amount: z.number(),
  currency: z.string(),
  thresholds: z.array(z.int()),
  version: z.int(),
  month: z.string(),
  spent: z.number(),
  expected: z.number(),
  ratio: z.number(),
  rate: nullableNumber,
  lasts: nullableNumber,
  alerts: z.array(z.object({ kind: z.string(), threshold: z.int(), at: z.string(), value: z.number() })),
});
export type BudgetRow = z.output<typeof budgetRow>;
export const budgetsInput = z.strictObject({ tenantId: tenantId.optional() });
export const budgetsOutput = z.object({ rows: z.array(budgetRow) });
export const budgetSaved = z.object({ id: z.string(), version: z.int() });
export const removed = z.object({ id: z.string() });
