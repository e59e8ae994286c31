import { hash } from 'node:crypto';
import type { Json } from '#kernel/ledger/event.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';

export const canonicalJson = (value: Json): string =>
  isEmpty(value) ? '{}' : canonicalBytes(value).toString('utf8');

const isEmpty = (value: Json): boolean => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const _key in value) return false;
  return true;
};

interface Stored {
  id: string;
  ts: Date | string;
  event: string;
  severity: number;
  service: string | null;
  region: string | null;
  message: string | null;
  source: string;
  /** As canonical JSON text before it is stored, as a value after it was read. */
  attributes: unknown;
}

/**
 * What the ledger's digest says of one event: the hash of all of it as it is stored, so that a stored row can be proved
 * later. Attributes are hashed in RFC 8785's form, since the database orders keys in its own way.
 */
export function factOf(e: Stored): string {
  const attributes = typeof e.attributes === 'string' ? e.attributes : canonicalJson(e.attributes as Json);
  const rest = JSON.stringify([
    e.id,
    new Date(e.ts).toISOString(),
    e.event,
    e.severity,
    e.service,
    e.region,
    e.message,
    e.source,
  ]);
  return hash('sha256', `${rest}\n${attributes}`, 'hex');
}

/** The order of a digest does not depend on who computes it. */
export const inOrder = <T extends { id: string }>(events: readonly T[]): T[] =>
  events.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
