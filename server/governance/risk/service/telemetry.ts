import type { ReadContext } from '#kernel/trpc/context.ts';
import type { TelemetryEvent } from '#server/governance/observability/schema.ts';
import {
  newTemplates,
  readEvents,
  readWorstEvents,
  tenantsHeardOf,
} from '#server/governance/observability/service.ts';
import type { FactEvent, FactTemplate } from '../rules/facts.ts';
import { rarities } from '../rules/rarity.ts';
import { eventsPerSeverity, type Severity } from '../schema.ts';

const factOf = (event: TelemetryEvent): FactEvent => ({
  id: event.id,
  tenantId: event.tenantId,
  at: Date.parse(event.ts),
  event: event.event,
  severity: event.severity,
  service: event.service ?? null,
  region: event.region ?? null,
  templateId: event.templateId ?? null,
  simulated: event.simulated,
});

export interface EventWindow {
  tenantId?: string;
  from: Date;
  to: Date;
  limit: number;
}

/** What the observability system keeps, as the rules see it. Events below `low` count for nothing. */
export async function eventsIn(ctx: ReadContext, { to, ...window }: EventWindow): Promise<FactEvent[]> {
  const found = await readEvents(ctx, {
    ...window,
    // What happened this very millisecond belongs to it.
    to: new Date(to.getTime() + 1),
    minSeverity: 'low',
  });
  return found.map(factOf);
}

/** The newest so many of each severity, and of which there were more. */
export async function worstEventsIn(
  ctx: ReadContext,
  { tenantId, from, to }: { tenantId: string; from: Date; to: Date },
): Promise<{ events: FactEvent[]; cut: Severity[] }> {
  const found = await readWorstEvents(ctx, {
    tenantId,
    from,
    to: new Date(to.getTime() + 1),
    minSeverity: 'low',
    perSeverity: eventsPerSeverity,
  });
  return { events: found.events.map(factOf), cut: found.cut };
}

/** Of whom something came that may count. */
export const touchedTenants = async (
  ctx: ReadContext,
  tenants: readonly string[],
  from: Date,
  to: Date,
): Promise<Set<string>> =>
  new Set(await tenantsHeardOf(ctx, { tenants, from, to: new Date(to.getTime() + 1), minSeverity: 'low' }));

const templateMemoryMs = 35 * 24 * 3_600_000;

export async function templatesOf(
  ctx: ReadContext,
  tenantId: string,
  now: Date,
): Promise<ReadonlyMap<string, FactTemplate>> {
  return rarities(await newTemplates(ctx, tenantId, new Date(now.getTime() - templateMemoryMs)));
}
