import { z } from 'zod';
import { tenantName, why } from './words.ts';

export const everybody = '*';
export const guardInput = z.strictObject({ tenant_id: z.union([z.literal(everybody), tenantName]) });
export const killInput = guardInput.extend({ reason: why });
export const limitsSchema = z.object({
  /** So many different targets within an hour. */
  hourlyTargets: z.int().min(1).max(1000),
  /** So many changes of one target within so many minutes; the next one waits. */
  flapLimit: z.int().min(1).max(100),
  flapMinutes: z.int().min(1).max(1440),
});
export type Limits = z.output<typeof limitsSchema>;
export const setLimitsInput = guardInput.extend({
  version: z.int().min(0),
  ...limitsSchema.shape,
  reason: why,
});
export const guardRow = limitsSchema.extend({
  tenantId: z.string(),
  killed: z.boolean(),
  killedBy: z.string().nullable(),
  killedReason: z.string().nullable(),
  killedAt: z.string().nullable(),
  version: z.int(),
});
export type GuardRow = z.output<typeof guardRow>;
export const freezeInput = guardInput.extend({
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  reason: why,
});
export const freezeRef = z.strictObject({ id: z.uuid(), reason: why });
export const freezeRow = z.object({
  id: z.uuid(),
  tenantId: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  reason: z.string(),
  createdBy: z.string(),
  active: z.boolean(),
});
export type FreezeRow = z.output<typeof freezeRow>;
export const guardsOutput = z.object({
  guards: z.array(guardRow),
  freezes: z.array(freezeRow),
  locks: z.array(z.object({ target: z.string(), executionId: z.string(), until: z.string() })),
});
