import type { ReadContext } from '#kernel/trpc/context.ts';
import { newTemplates, readEvents } from '#server/governance/observability/service.ts';
import type { FactEvent, FactTemplate } from '../rules/facts.ts';
import { rarities } from '../rules/rarity.ts';

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
  return found.map(event => ({
    id: event.id,
    tenantId: event.tenantId,
    at: Date.parse(event.ts),
    event: event.event,
    severity: event.severity,
    service: event.service ?? null,
    region: event.region ?? null,
    templateId: event.templateId ?? null,
    simulated: event.simulated,
  }));
}

const templateMemoryMs = 35 * 24 * 3_600_000;

export async function templatesOf(
  ctx: ReadContext,
  tenantId: string,
  now: Date,
): Promise<ReadonlyMap<string, FactTemplate>> {
  return rarities(await newTemplates(ctx, tenantId, new Date(now.getTime() - templateMemoryMs)));
}
