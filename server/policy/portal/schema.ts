import { z } from 'zod';
import { phases } from '#kernel/env/define.ts';
import {
  auditDetail,
  auditList,
  auditStates,
  cellResults,
  policyNames,
} from '#server/policy/auditor/schema.ts';
import { activeAtOutput } from '#server/policy/hub/schema.ts';

/** Counts and times only: nobody's name, nobody's data. */
export const portalSync = z.object({
  status: z.enum(['ok', 'degraded']),
  system: z.literal('portal'),
  simulated: z.boolean(),
  hub: z.string(),
  head: z.int(),
  epoch: z.int(),
  activePolicies: z.int(),
  relays: z.object({ admitted: z.int(), connected: z.int(), stale: z.int(), quarantined: z.int() }),
  propagation: z.object({
    p50: z.number().nullable(),
    p99: z.number().nullable(),
    samples: z.int(),
    budgetMs: z.int(),
  }),
  discrepancies: z.int(),
  comparedAt: z.string().nullable(),
  audit: z.object({
    state: z.enum(auditStates),
    at: z.string().nullable(),
    validUntil: z.string().nullable(),
  }),
});
export type PortalSync = z.output<typeof portalSync>;

export const hashRow = z.object({
  policy: z.string(),
  kind: z.string(),
  version: z.int(),
  hash: z.string(),
  epoch: z.int(),
  since: z.string(),
  relays: z.int(),
  /** Of these, how many say that they hold exactly this hash. */
  holding: z.int(),
});
export const portalHashes = z.object({ rows: z.array(hashRow) });
export type PortalHashes = z.output<typeof portalHashes>;

export const phaseRow = z.object({
  phase: z.enum(phases),
  at: z.string().nullable(),
  cells: z.array(
    z.object({ policy: z.enum(policyNames), result: z.enum(cellResults), reasons: z.array(z.string()) }),
  ),
});
export type PhaseRow = z.output<typeof phaseRow>;
export const portalAudits = z.object({
  list: auditList,
  latest: auditDetail.nullable(),
  phases: z.array(phaseRow),
});
export type PortalAudits = z.output<typeof portalAudits>;

export const activeInput = z.strictObject({
  at: z.iso.datetime({ offset: true }),
  region: z.string().max(63).optional(),
});
export const portalActive = z.object({
  at: z.string(),
  region: z.string().nullable(),
  regions: z.array(z.string()),
  rows: z.array(
    activeAtOutput.element.extend({
      /** The ledger entry that activated it. */
      entryUid: z.string().nullable(),
    }),
  ),
});
export type PortalActive = z.output<typeof portalActive>;

export const portalEntryRef = z.strictObject({ id: z.string().trim().min(1).max(200) });
