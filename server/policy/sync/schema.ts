import { z } from 'zod';

export const discrepancyKinds = ['missing', 'older', 'wrong_hash', 'unknown', 'silent'] as const;
export type DiscrepancyKind = (typeof discrepancyKinds)[number];

export const discrepancyRow = z.object({
  id: z.string(),
  relay: z.string(),
  policy: z.string(),
  kind: z.enum(discrepancyKinds),
  desired: z.int(),
  observed: z.int().nullable(),
  since: z.string(),
  resolvedAt: z.string().nullable(),
});
export type DiscrepancyRow = z.output<typeof discrepancyRow>;

export const syncRun = z.object({
  at: z.string(),
  relays: z.int(),
  policies: z.int(),
  discrepancies: z.int(),
  opened: z.int(),
  resolved: z.int(),
  rolledBack: z.string().nullable(),
});
export const syncState = z.object({
  status: z.enum(['ok', 'degraded']),
  system: z.literal('policySync'),
  simulated: z.boolean(),
  limit: z.int(),
  run: syncRun.nullable(),
  runs: z.array(syncRun),
  open: z.array(discrepancyRow),
  resolved: z.array(discrepancyRow),
});
export type SyncState = z.output<typeof syncState>;
