import type { Json } from '#kernel/ledger/event.ts';

interface Stored {
  id: string;
  ts: Date | string;
  event: string;
  severity: number;
  service: string | null;
  region: string | null;
  message: string | null;
  source: string;
  /** As JSON text before it is stored, as a value after it was read. */
  attributes: unknown;
}

/** What the ledger's digest says of one event: all of it as it is stored, so that a stored row can be proved later. */
export const factOf = (e: Stored): Json => ({
  id: e.id,
  ts: new Date(e.ts).toISOString(),
  event: e.event,
  severity: e.severity,
  service: e.service,
  region: e.region,
  message: e.message,
  source: e.source,
  attributes: (typeof e.attributes === 'string' ? JSON.parse(e.attributes) : e.attributes) as Json,
});

/** The order of a digest does not depend on who computes it. */
export const inOrder = <T extends { id: string }>(events: readonly T[]): T[] =>
  events.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
