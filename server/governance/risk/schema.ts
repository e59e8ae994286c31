import { z } from 'zod';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';
import { dimensions, incidentStates, levels, severities } from './schema/terms.ts';

export {
  type Dimension,
  dimensions,
  eventsPerSeverity,
  type IncidentState,
  type Level,
  levelOf,
  type Severity,
  severities,
} from './schema/terms.ts';

/** A score older than this says what was, not what is. */
export const staleAfterSeconds = 120;

export const tenantRef = z.string().min(1, 'Name a tenant.').max(63);
const serviceRef = z.string().min(1).max(120);

export const scores = z.object({
  security: z.number(),
  cost: z.number(),
  performance: z.number(),
  reliability: z.number(),
  compliance: z.number(),
});
export type Scores = z.output<typeof scores>;

export const contribution = z.object({
  dimension: z.enum(dimensions),
  /** What it was: `rule:<id>`, `anomaly:<service>/<metric>`, `rare_template`. */
  feature: z.string(),
  /** What it says, in words. */
  title: z.string(),
  /** What was measured: how many events, how anomalous, how rare. */
  value: z.number(),
  /** How many of the hundred points it is worth by itself. */
  weight: z.number(),
  eventIds: z.array(z.string()),
});
export type Contribution = z.output<typeof contribution>;

export const riskVector = z.object({
  id: z.string(),
  tenantId: z.string(),
  service: z.string().nullable(),
  at: z.string(),
  /** Older than `staleAfterSeconds`. */
  stale: z.boolean(),
  staleAfterSeconds: z.int(),
  scores,
  /** The worst of the five. */
  overall: z.number(),
  level: z.enum(levels),
  /** Calibrated: of the scores that say 0.3, three in ten were of a fault. Null while there is no calibration. */
  probability: z.number().nullable(),
  contributions: z.array(contribution),
  /** Severities of which more came in the window than it was made from. */
  cut: z.array(z.enum(severities)),
  simulated: z.boolean(),
});
export type RiskVector = z.output<typeof riskVector>;

export const riskInput = z.strictObject({ tenant_id: tenantRef, service: serviceRef.optional() });
export const riskRef = z.strictObject({ tenantId: tenantRef, id: z.string().min(1).max(100) });

export const historyInput = z.strictObject({
  tenantId: tenantRef,
  service: serviceRef.optional(),
  hours: z
    .int()
    .min(1)
    .max(24 * 35)
    .default(24),
});
export const historyPoint = z.object({
  at: z.string(),
  id: z.string(),
  level: z.enum(levels),
  probability: z.number().nullable(),
  ...scores.shape,
});
export const riskHistory = z.object({ points: z.array(historyPoint) });

export const overviewRow = z.object({
  tenantId: z.string(),
  name: z.string(),
  at: z.string().nullable(),
  stale: z.boolean(),
  scores: scores.nullable(),
  level: z.enum(levels).nullable(),
  probability: z.number().nullable(),
  openIncidents: z.int(),
  simulated: z.boolean(),
});
export const riskOverview = z.object({ staleAfterSeconds: z.int(), rows: z.array(overviewRow) });
export type RiskOverview = z.output<typeof riskOverview>;

export const servicesInput = z.strictObject({ tenantId: tenantRef });
export const serviceScores = z.object({ rows: z.array(riskVector.omit({ contributions: true })) });

export const verdicts = ['confirmed', 'false_alarm'] as const;

export const incidentRow = z.object({
  tenantId: z.string(),
  id: z.string(),
  title: z.string(),
  state: z.enum(incidentStates),
  severity: z.enum(severities),
  services: z.array(z.string()),
  regions: z.array(z.string()),
  dimensions: z.array(z.enum(dimensions)),
  alerts: z.int(),
  openedAt: z.string(),
  lastAt: z.string(),
  resolvedAt: z.string().nullable(),
  verdict: z.enum(verdicts).nullable(),
  version: z.int(),
  simulated: z.boolean(),
});
export type IncidentRow = z.output<typeof incidentRow>;

export const alertRow = z.object({
  id: z.string(),
  fingerprint: z.string(),
  firing: z.boolean(),
  rule: z.string(),
  service: z.string().nullable(),
  region: z.string().nullable(),
  dimension: z.enum(dimensions),
  severity: z.enum(severities),
  title: z.string(),
  firstAt: z.string(),
  lastAt: z.string(),
  endedAt: z.string().nullable(),
  count: z.int(),
  eventIds: z.array(z.string()),
});
export type AlertRow = z.output<typeof alertRow>;

export const timelineEntry = z.object({
  id: z.string(),
  at: z.string(),
  kind: z.enum(['opened', 'alert', 'ended', 'acknowledged', 'resolved', 'note']),
  text: z.string(),
  actor: z.string(),
  eventIds: z.array(z.string()),
});
export type TimelineEntry = z.output<typeof timelineEntry>;

export const incidentDetail = incidentRow.extend({
  acknowledgedAt: z.string().nullable(),
  acknowledgedBy: z.string().nullable(),
  resolvedBy: z.string().nullable(),
  firing: z.array(alertRow),
  timeline: z.array(timelineEntry),
});
export type IncidentDetail = z.output<typeof incidentDetail>;

export const incidentSorts = ['openedAt', 'lastAt', 'severity', 'tenantId', 'state'] as const;
export const listIncidentsInput = listInput(incidentSorts, {
  state: facet(incidentStates),
  severity: facet(severities),
  tenant: z.array(tenantRef).max(100).optional(),
});
export type ListIncidentsInput = z.output<typeof listIncidentsInput>;
export const incidentList = listOutput(incidentRow);

export const incidentRef = z.strictObject({ tenantId: tenantRef, id: z.uuid() });
export const acknowledgeInput = incidentRef.extend({ version: z.int().min(1) });
const note = z
  .string()
  .trim()
  .min(3, 'Say it in a few words.')
  .max(500)
  .refine(text => !/[\p{Cc}\p{Cf}]/u.test(text), 'Control and invisible characters are not accepted.');
export const resolveInput = acknowledgeInput.extend({ verdict: z.enum(verdicts), reason: note });
export const noteInput = incidentRef.extend({ text: note });
