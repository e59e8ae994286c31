import { z } from 'zod';

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

const tenantId = z.string().min(1, 'Name a tenant.').max(63);
const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'A month, for example 2026-01.');
const currency = z.string().regex(/^[A-Z]{3}$/, 'Three capital letters (ISO 4217), for example EUR.');
const nullableNumber = z.number().nullable();

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
