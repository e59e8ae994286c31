import type { ReadContext } from '#kernel/trpc/context.ts';
import type { FactEvent, FactTemplate } from '../rules/facts.ts';

export interface EventWindow {
  tenantId?: string;
  from: Date;
  to: Date;
  limit: number;
}

/** What the observability system keeps; nothing yet where it is not there. */
export async function eventsIn(_ctx: ReadContext, _window: EventWindow): Promise<FactEvent[]> {
  return [];
}

export async function templatesOf(
  _ctx: ReadContext,
  _tenantId: string,
  _now: Date,
): Promise<ReadonlyMap<string, FactTemplate>> {
  return new Map();
}
