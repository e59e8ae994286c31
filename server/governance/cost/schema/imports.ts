import { z } from 'zod';
import { month, tenantId } from './words.ts';

export const importInput = z.strictObject({
  format: z.enum(['csv', 'json']),
  text: z
    .string()
    .min(1, 'The file is empty.')
    .max(1_000_000, 'At most 1 MB at once: bring a month in parts.'),
  /** Where it comes from, for those who look later. */
  source: z.string().trim().min(1, 'Say where it comes from.').max(120),
  /** What the invoice says in all; the difference is shown as drift. */
  statedTotal: z
    .string()
    .regex(/^-?\d{1,15}(\.\d{1,6})?$/, 'An amount, for example 1234.56.')
    .optional(),
});
export type ImportInput = z.output<typeof importInput>;

export const importRow = z.object({
  id: z.string(),
  at: z.string(),
  by: z.string(),
  format: z.string(),
  source: z.string(),
  rows: z.int(),
  added: z.int(),
  currency: z.string(),
  billedTotal: z.string(),
  statedTotal: z.string().nullable(),
  firstMonth: z.string(),
  lastMonth: z.string(),
  simulated: z.boolean(),
});
export type ImportRow = z.output<typeof importRow>;
export const importsOutput = z.object({ rows: z.array(importRow) });
export const imported = z.object({ rows: z.int(), added: z.int(), importId: z.string().nullable() });

export const exportInput = z.strictObject({
  month,
  tenantId: tenantId.optional(),
  format: z.enum(['csv', 'json']).default('csv'),
});
export const exportOutput = z.object({
  fileName: z.string(),
  rows: z.int(),
  complete: z.boolean(),
  text: z.string(),
});
