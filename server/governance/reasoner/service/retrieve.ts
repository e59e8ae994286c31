import type { ActionName } from '#kernel/actions/plan.ts';
import { policiesInForce } from '#kernel/policy/in-force.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { knownRegions } from '#server/federation/regions/service.ts';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import { metricNames, type TelemetryEvent } from '#server/governance/observability/schema.ts';
import { readEventsById, readSeries, readWorstEvents } from '#server/governance/observability/service.ts';
import type { RiskVector } from '#server/governance/risk/schema.ts';
import { latestRisk, readRisk } from '#server/governance/risk/service.ts';
import { causeNames } from '../rules/causes.ts';
import { actionsFor } from '../rules/efficacy.ts';
import type { Evidence, EvidenceEvent, Measure, RiskEvidence } from '../rules/evidence.ts';
import { measureOf } from '../rules/measures.ts';
import { type Subject, subjectOf } from '../rules/subject.ts';
import type { ContextRow } from '../schema.ts';
import { outcomesOf, registerOf } from './orchestrator.ts';

/** Of each severity: no noise hides what is worse than it. */
const eventsAtMost = 400;
const minute = 60_000;

/** As the pulls keep them, of the world and of Prometheus alike. */
const metrics = metricNames.filter(metric => metric !== 'replicas');

const tried: readonly ActionName[] = [...new Set(causeNames.flatMap(actionsFor))];

export interface Retrieved {
  evidence: Evidence;
  subject: Subject | null;
  /** Said in the trace: what was done about what was missing or old. */
  notes: string[];
}

const evidenceOf = (event: TelemetryEvent): EvidenceEvent => ({
  id: event.id,
  ts: event.ts,
  event: event.event,
  severity: event.severity,
  service: event.service ?? null,
  region: event.region ?? null,
  message: event.message ?? null,
  attributes: event.attributes,
});

/** Everything that may speak for or against a cause, read in one go; nothing is written. */
export async function retrieve(
  ctx: ReadContext,
  tenant: TenantDetail,
  context: ContextRow,
  riskId: string,
): Promise<Retrieved> {
  const now = ctx.clock.now();
  const from = new Date(now.getTime() - context.windowMinutes * minute);
  const [asked, recent, register, regions, held] = await Promise.all([
    readRisk(ctx, tenant.id, riskId),
    readWorstEvents(ctx, {
      tenantId: tenant.id,
      from,
      to: new Date(now.getTime() + 1),
      minSeverity: 'info',
      perSeverity: eventsAtMost,
    }),
    registerOf(ctx, tenant.id),
    regionsFor(ctx, tenant),
    policiesInForce(ctx.database),
  ]);
  const { risk, notes } = await current(ctx, tenant.id, asked);
  const known = new Set(recent.events.map(event => event.id));
  const missing = [...new Set(risk.contributions.flatMap(c => c.eventIds))].filter(id => !known.has(id));
  const events = [
    ...recent.events,
    ...(await readEventsById(ctx, missing.slice(0, eventsAtMost), tenant.id)),
  ].map(evidenceOf);
  const services = register.map(row => row.service);
  const subject = subjectOf(risk, events, services, {
    now: now.toISOString(),
    windowMinutes: context.windowMinutes,
  });
  const [measures, outcomes] = subject
    ? await Promise.all([
        measuresOf(ctx, tenant.id, subject.service, from, now),
        Promise.all(tried.map(action => outcomesOf(ctx, action, subject.service))),
      ])
    : [{}, []];
  const replicas = register.find(row => row.service === subject?.service)?.replicas ?? null;
  return {
    subject,
    notes: [
      ...notes,
      ...recent.cut.map(
        severity =>
          `More than ${eventsAtMost} events of severity ${severity} came in the window; the newest ${eventsAtMost} were looked at.`,
      ),
    ],
    evidence: {
      now: now.toISOString(),
      tenantId: tenant.id,
      windowMinutes: context.windowMinutes,
      allowedActions: context.actions,
      risk: { ...risk, service: subject?.service ?? null },
      events,
      measures: replicas === null ? measures : { ...measures, replicas: readNow('replicas', replicas, now) },
      outcomes: outcomes.flat(),
      regions,
      policies: held
        .filter(({ content }) => content.scope.tenant === undefined || content.scope.tenant === tenant.id)
        .map(({ content, version }) => ({ id: content.id, version })),
    },
  };
}

const readNow = (metric: string, value: number, now: Date): Measure => ({
  metric,
  latest: value,
  mean: value,
  before: value,
  at: now.toISOString(),
  points: 1,
});

/** A score that is stale says what was: the one of now is taken beside it, and the trace says so. */
async function current(
  ctx: ReadContext,
  tenantId: string,
  asked: RiskVector,
): Promise<{ risk: RiskEvidence; notes: string[] }> {
  const plain = ({ id, service, at, stale, scores, contributions }: RiskVector): RiskEvidence => ({
    id,
    service,
    at,
    stale,
    scores,
    contributions,
  });
  if (!asked.stale) return { risk: plain(asked), notes: [] };
  const fresh = await latestRisk(ctx, tenantId, asked.service ?? undefined);
  return {
    risk: { ...plain(fresh), id: asked.id },
    notes: [`Risk ${asked.id} is of ${asked.at}; the score of now (${fresh.id}) was taken instead.`],
  };
}

async function measuresOf(ctx: ReadContext, tenantId: string, service: string, from: Date, now: Date) {
  const to = new Date(now.getTime() + 1);
  const read = await Promise.all(
    metrics.map(async metric =>
      measureOf(metric, await readSeries(ctx, { tenantId, service, metric, from, to }), now.toISOString()),
    ),
  );
  return Object.fromEntries(read.flatMap(measure => (measure ? [[measure.metric, measure]] : [])));
}

/** Where the tenant may be, its home first, also for a tenant that sees no list of regions; retired and unknown regions are no place to go. */
async function regionsFor(ctx: ReadContext, tenant: TenantDetail): Promise<string[]> {
  const usable = (await knownRegions(systemContext('proposals', ctx.database, ctx.clock))).filter(
    region => region.state === 'active',
  );
  const may = usable.filter(
    ({ id, country }) =>
      (tenant.allowedRegions.length === 0 || tenant.allowedRegions.includes(id)) &&
      (tenant.allowedCountries.length === 0 ||
        (country !== null && tenant.allowedCountries.includes(country))),
  );
  const names = may.map(region => region.id).sort();
  return [tenant.homeRegion, ...names.filter(name => name !== tenant.homeRegion)];
}
