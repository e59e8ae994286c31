import { z } from 'zod';
import { findingResults, policyNames } from './schema/terms.ts';

export { type FindingResult, type PolicyName, policyNames } from './schema/terms.ts';

export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
export const subjectKinds = ['hub', 'policy', 'relay'] as const;
/** `STALE` takes the place of whatever an old audit said: it is never shown as a pass. */
export const cellResults = ['PASS', 'FAIL', 'BLOCKED', 'N/A', 'STALE'] as const;
export type CellResult = (typeof cellResults)[number];
export const auditStates = ['none', 'stale', 'pass', 'warn', 'blocked', 'fail'] as const;
export type AuditState = (typeof auditStates)[number];

/** One result in the shape of OpenReports; exactly this was hashed. */
export const openReportsResult = z.object({
  source: z.string(),
  policy: z.string(),
  rule: z.string(),
  category: z.string(),
  severity: z.enum(severities),
  timestamp: z.string(),
  result: z.enum(findingResults),
  message: z.string(),
  properties: z.record(z.string(), z.string()),
});
export type OpenReportsResult = z.output<typeof openReportsResult>;

export const findingRow = z.object({
  id: z.string(),
  auditId: z.string(),
  subjectKind: z.enum(subjectKinds),
  subject: z.string(),
  region: z.string().nullable(),
  policy: z.enum(policyNames),
  rule: z.string(),
  category: z.string(),
  severity: z.enum(severities),
  result: z.enum(findingResults),
  message: z.string(),
  properties: z.record(z.string(), z.string()),
  /** RFC 6962 leaf of the finding, and the ledger entry that carries the root over all of them. */
  digest: z.string(),
  entryUid: z.string(),
});
export type FindingRow = z.output<typeof findingRow>;

export const auditRow = z.object({
  id: z.string(),
  at: z.string(),
  trigger: z.enum(['schedule', 'manual']),
  by: z.string(),
  relays: z.int(),
  policies: z.int(),
  findings: z.int(),
  failed: z.int(),
  blocked: z.int(),
  warned: z.int(),
  simulated: z.boolean(),
  tookMs: z.int(),
  root: z.string(),
  entryUid: z.string(),
});
export type AuditRow = z.output<typeof auditRow>;

const cell = z.object({
  policy: z.enum(policyNames),
  result: z.enum(cellResults),
  reasons: z.array(z.string()),
});
export const matrixRow = z.object({
  subject: z.string(),
  region: z.string().nullable(),
  cells: z.array(cell),
});
export type MatrixRow = z.output<typeof matrixRow>;

export const auditDetail = auditRow.extend({
  state: z.enum(auditStates),
  validUntil: z.string(),
  /** The stored findings still hash to the root in the ledger. */
  intact: z.boolean(),
  relayMatrix: z.array(matrixRow),
  regionMatrix: z.array(matrixRow),
  results: z.array(findingRow),
});
export type AuditDetail = z.output<typeof auditDetail>;

export const auditRef = z.strictObject({
  /** An id, or `latest`. */
  id: z.string().min(1).max(64),
});
export const findingRef = z.strictObject({ id: z.string().min(1).max(80) });
export const findingDetail = findingRow.extend({ audit: auditRow, state: z.enum(auditStates) });

export const auditStatus = z.object({
  status: z.enum(['ok', 'degraded']),
  system: z.literal('edgeAudits'),
  simulated: z.boolean(),
  state: z.enum(auditStates),
  schedule: z.string(),
  validUntil: z.string().nullable(),
  latest: auditRow.nullable(),
});
export const auditList = z.object({
  state: z.enum(auditStates),
  rows: z.array(auditRow.extend({ state: z.enum(auditStates) })),
});
export type AuditList = z.output<typeof auditList>;

export const openReports = z.object({
  apiVersion: z.literal('openreports.io/v1alpha1'),
  kind: z.literal('ClusterReport'),
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()) }),
  source: z.string(),
  summary: z.object({ pass: z.int(), fail: z.int(), warn: z.int(), error: z.int(), skip: z.int() }),
  results: z.array(openReportsResult),
});
export type OpenReports = z.output<typeof openReports>;
