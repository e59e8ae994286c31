import type { ReadContext } from '#kernel/trpc/context.ts';
import type { Redactor } from '../rules/redact/redactor.ts';
import { selectNewest } from '../store/read.ts';
import { redactorFor } from './redaction.ts';

const sample = 500;

/** Planted each time, so that a redactor that takes out nothing is noticed and not taken for clean data. */
const canaries: Readonly<Record<string, string>> = {
  email: 'canary@leak.example',
  card: '4111 1111 1111 1111',
  iban: 'DE89370400440532013000',
  bearer: 'Authorization: Bearer canary0canary0canary',
  key: 'AKIAIOSFODNN7EXAMPLE',
};

export interface LeakScan {
  looked: number;
  /** Ids of events that the redactor would still change. */
  leaks: string[];
  /** Kinds that it no longer recognises. */
  blind: string[] | null;
}

/** Redacting twice changes nothing: what it would still change got past it. */
export async function leaksInSample(ctx: ReadContext): Promise<LeakScan> {
  const events = await selectNewest(ctx.db, sample);
  const redactors = new Map<string, Redactor>();
  const leaks: string[] = [];
  for (const event of events) {
    const redactor = redactors.get(event.tenantId) ?? (await redactorFor(ctx, event.tenantId));
    redactors.set(event.tenantId, redactor);
    const texts = [event.event, event.service, event.region, event.message, event.id].filter(
      t => t !== undefined,
    );
    const same =
      texts.every(text => redactor.text(text) === text) &&
      JSON.stringify(redactor.value(event.attributes)) === JSON.stringify(event.attributes);
    if (!same) leaks.push(event.id);
  }
  const own = await redactorFor(ctx, 'canary');
  const blind = Object.entries(canaries).flatMap(([kind, text]) => (own.text(text) === text ? [kind] : []));
  return { looked: events.length, leaks, blind: blind.length > 0 ? blind : null };
}
