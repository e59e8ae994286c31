import { z } from 'zod';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { relayStates } from './schema/terms.ts';
import { relayId } from './schema/wire.ts';

export * from './schema/join.ts';
export * from './schema/log.ts';
export * from './schema/messages.ts';
export * from './schema/wire.ts';

export const relayView = z.object({
  id: z.string(),
  region: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  state: z.enum(relayStates),
  stateReason: z.string().nullable(),
  agent: z.string(),
  simulated: z.boolean(),
  cursor: z.int(),
  epoch: z.int(),
  stale: z.boolean(),
  strikes: z.int(),
  decisions: z.int(),
  joinedAt: z.string(),
  lastSeenAt: z.string().nullable(),
  holding: z.int(),
  /** Active policies that concern it and that it does not say it holds. */
  missing: z.int(),
});
export type RelayView = z.output<typeof relayView>;
export const relayDetail = relayView.extend({
  held: z.array(
    z.object({
      policy: z.string(),
      version: z.int(),
      hash: z.string(),
      epoch: z.int(),
      at: z.string(),
      activeVersion: z.int().nullable(),
    }),
  ),
});
export const listRelaysInput = listInput(['id', 'region', 'lastSeenAt', 'state'], {
  state: facet(relayStates),
  region: z.array(z.string().max(63)).max(100).optional(),
});
export type ListRelaysInput = z.output<typeof listRelaysInput>;
export const listRelaysOutput = listOutput(relayView);
export const relayRef = z.strictObject({ id: relayId });
export const relayChange = z.strictObject({
  id: relayId,
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
export const tokenInput = z.strictObject({
  name: z.string().trim().min(1, 'Name it, so that you know it again.').max(80),
  maxUses: z.int().min(1).max(10_000).default(1),
  hours: z.int().min(1).max(720).default(24),
});
export const tokenMade = z.object({ id: z.string(), token: z.string(), expiresAt: z.string() });
export const tokenRef = z.strictObject({ id: z.string().max(40) });
export const tokenRow = z.object({
  id: z.string(),
  name: z.string(),
  uses: z.int(),
  maxUses: z.int(),
  expiresAt: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
});
