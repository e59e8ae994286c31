import { z } from 'zod';
import { documentSchemas } from '#kernel/policy/kinds.ts';
import { id, instant } from './words.ts';

export const replayInput = z.strictObject({
  /** Left out: every tenant of the simulated world. */
  tenantId: z.string().min(1).max(63).optional(),
  days: z.int().min(1).max(35).default(14),
  /** A draft of an autonomy policy; nothing of it comes into force. */
  document: documentSchemas.autonomy,
});
export type ReplayInput = z.output<typeof replayInput>;

const counts = z.object({
  cases: z.int(),
  /** Would have run without a person. */
  acted: z.int(),
  asked: z.int(),
  denied: z.int(),
  /** Of what would have run: made worse, made better, changed nothing. */
  harmed: z.int(),
  saved: z.int(),
  falseActions: z.int(),
  harmRate: z.number().nullable(),
  harmUpper: z.number(),
  savedMinutes: z.number(),
  costEur: z.number(),
});
export type ReplayCounts = z.output<typeof counts>;
export const replayCase = z.object({
  at: instant,
  tenantId: z.string(),
  service: z.string(),
  sign: z.string(),
  action: z.string(),
  said: z.string(),
  tier: z.enum(['low', 'medium', 'high', 'critical']),
  decision: z.enum(['allow', 'approve', 'deny']),
  outcome: z.enum(['harm', 'save', 'false']),
  badMinutesBefore: z.number(),
  badMinutesAfter: z.number(),
  costEur: z.number(),
  /** The fault that really lay behind it, where there was one. */
  cause: z.string().nullable(),
});
export type ReplayCase = z.output<typeof replayCase>;
export const gateRow = z.object({
  tenantId: z.string(),
  action: z.string(),
  mode: z.enum(['auto', 'approve']),
  acted: z.int(),
  harmed: z.int(),
  saved: z.int(),
  falseActions: z.int(),
  harmUpper: z.number(),
  reason: z.string(),
  runId: id,
  at: instant,
});
export type GateRow = z.output<typeof gateRow>;
export const replayResult = z.object({
  from: instant,
  to: instant,
  total: counts,
  byAction: z.array(counts.extend({ action: z.string() })),
  /** The newest thousand. */
  cases: z.array(replayCase),
  gates: z.array(gateRow.omit({ runId: true, at: true })),
});
export type ReplayResult = z.output<typeof replayResult>;
export const gatesInput = z.strictObject({ tenantId: z.string().max(63).optional() });
export const gatesOutput = z.object({ rows: z.array(gateRow), simulated: z.literal(true) });
