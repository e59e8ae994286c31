import { z } from 'zod';

export * from './schema/events.ts';
export * from './schema/metrics.ts';
export * from './schema/search.ts';

export const sourceStates = ['ok', 'failing', 'silent', 'done', 'retired'] as const;
export type SourceState = (typeof sourceStates)[number];

export const sourceView = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  simulated: z.boolean(),
  state: z.enum(sourceStates),
  pulled: z.number(),
  errors: z.number(),
  lagSeconds: z.number().nullable(),
  lastOkAt: z.string().nullable(),
  lastError: z.string().nullable(),
  lastErrorAt: z.string().nullable(),
  /** What was brought and could not be placed: no tenant, a tenant that is not known, or not to be read. */
  rejected: z.number(),
  lastRejection: z.string().nullable(),
  lastRejectedSample: z.string().nullable(),
  lastRejectedAt: z.string().nullable(),
  /** Since when the configuration names it no longer. */
  retiredAt: z.string().nullable(),
  updatedAt: z.string(),
});
export type SourceView = z.output<typeof sourceView>;
export const sourceList = z.object({
  rows: z.array(sourceView),
  gateways: z.array(z.object({ name: z.string(), title: z.string(), state: z.string(), reason: z.string() })),
});

export const telemetryStatus = z.object({
  kept: z.object({ days: z.int(), from: z.string() }),
  partitions: z.array(z.object({ parent: z.string(), day: z.string(), bytes: z.number(), rows: z.number() })),
  sources: z.int(),
  failing: z.int(),
});
