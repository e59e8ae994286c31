import { z } from 'zod';
import { phases } from '#kernel/env/define.ts';

export const results = ['PASS', 'FAIL', 'BLOCKED', 'N/A'] as const;
export const policies = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'] as const;

export const matrixInput = z.strictObject({ phase: z.enum(phases).optional() }).optional();

export const controlRow = z.object({
  control: z.string(),
  policy: z.enum(policies),
  system: z.string(),
  title: z.string(),
  result: z.enum(results),
  reason: z.string(),
  evidence: z.array(z.string()),
  at: z.string(),
});
export const matrix = z.object({
  at: z.string().nullable(),
  /** The last run is too old to say what is so. */
  stale: z.boolean(),
  policies: z.array(
    z.object({ policy: z.enum(policies), result: z.enum(results), controls: z.array(controlRow) }),
  ),
});
export type Matrix = z.output<typeof matrix>;

export const alertRow = z.object({
  id: z.uuid(),
  control: z.string(),
  policy: z.enum(policies),
  reason: z.string(),
  raisedAt: z.string(),
  clearedAt: z.string().nullable(),
});
/** For the badge in the frame. */
export const openAlerts = z.object({ count: z.int() });
export const alertList = z.object({ rows: z.array(alertRow) });
