import type { ReadContext } from '#kernel/trpc/context.ts';
import {
  type SeriesPoint,
  type Severity,
  severities,
  severityAt,
  severityRank,
  type TelemetryEvent,
} from './schema.ts';
import {
  type NewTemplate,
  selectEvents,
  selectEventsById,
  selectHeardOf,
  selectNewTemplates,
  selectSeries,
  selectWorst,
} from './store/read.ts';
import {
  type MinuteOfSeries,
  type SeriesName,
  selectMinutesSince,
  selectSeriesNames,
} from './store/recent.ts';

export { ingestEvents } from './service/ingest.ts';

export interface EventFilter {
  tenantId?: string | undefined;
  service?: string | undefined;
  from: Date | string;
  to: Date | string;
  minSeverity?: Severity | undefined;
  limit: number;
}

/** Newest first; `to` itself is left out. */
export const readEvents = (ctx: Pick<ReadContext, 'db'>, filter: EventFilter): Promise<TelemetryEvent[]> =>
  selectEvents(ctx.db, {
    tenantId: filter.tenantId,
    service: filter.service,
    from: new Date(filter.from),
    to: new Date(filter.to),
    minSeverity: severityRank(filter.minSeverity ?? 'debug'),
    limit: Math.min(10_000, Math.max(1, filter.limit)),
  });

const from = (least: Severity): number[] =>
  severities.map(severityRank).filter(rank => rank >= severityRank(least));

/**
 * The newest `perSeverity` of each severity, so that no noise hides what is worse than it; `cut` names the severities of which
 * there were more.
 */
export async function readWorstEvents(
  ctx: Pick<ReadContext, 'db'>,
  q: { tenantId: string; from: Date; to: Date; minSeverity: Severity; perSeverity: number },
): Promise<{ events: TelemetryEvent[]; cut: Severity[] }> {
  const { minSeverity, ...window } = q;
  const { events, cut } = await selectWorst(ctx.db, { ...window, severities: from(minSeverity) });
  return { events, cut: cut.map(severityAt) };
}

/** Those of the tenants of whom something at least that severe came. */
export const tenantsHeardOf = (
  ctx: Pick<ReadContext, 'db'>,
  q: { tenants: readonly string[]; from: Date; to: Date; minSeverity: Severity },
): Promise<string[]> => selectHeardOf(ctx.db, { ...q, severities: from(q.minSeverity) });

/** An id that another tenant uses too gives both, as far as the caller sees them: name the tenant where it is known. */
export const readEventsById = (
  ctx: Pick<ReadContext, 'db'>,
  ids: readonly string[],
  tenantId?: string,
): Promise<TelemetryEvent[]> =>
  ids.length === 0 ? Promise.resolve([]) : selectEventsById(ctx.db, ids, tenantId);

/** Oldest first; `to` itself is left out. */
export const readSeries = (
  ctx: Pick<ReadContext, 'db'>,
  q: {
    tenantId: string;
    service: string;
    metric: string;
    /** Left out: the service as a whole. */
    region?: string | undefined;
    from: Date | string;
    to: Date | string;
  },
): Promise<SeriesPoint[]> => selectSeries(ctx.db, { ...q, from: new Date(q.from), to: new Date(q.to) });

/** Shapes of log lines that this tenant had not sent before `since`. */
export const newTemplates = (
  ctx: Pick<ReadContext, 'db'>,
  tenantId: string,
  since: Date | string,
): Promise<NewTemplate[]> => selectNewTemplates(ctx.db, tenantId, new Date(since));

/** Every series there is. */
export const listSeries = (ctx: Pick<ReadContext, 'db'>): Promise<SeriesName[]> => selectSeriesNames(ctx.db);

/** Means of whole minutes of many series, each from where its reader is; oldest first within a series. */
export const readMinutes = (
  ctx: Pick<ReadContext, 'db'>,
  from: readonly (SeriesName & { since: Date })[],
  to: Date,
): Promise<MinuteOfSeries[]> =>
  from.length === 0 ? Promise.resolve([]) : selectMinutesSince(ctx.db, from, to);
