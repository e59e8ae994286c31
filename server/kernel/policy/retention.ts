import type { Clock } from '../clock/clock.ts';
import type { Database } from '../db/database.ts';
import { decideInForce } from './in-force.ts';
import type { dataClasses } from './kinds.ts';

const hour = 3_600_000;
const day = 24 * hour;

interface Bounds {
  dataClass: (typeof dataClasses)[number];
  /** How long without a policy. */
  usually: number;
  /** What the product needs to work, whatever a policy says. */
  least: number;
  most: number;
}

/** What the console forgets by itself. The ledger is not among it: it is never shortened. */
export const forgotten = {
  /** Events that a browser may have missed: read again after a short absence. */
  realtime: { dataClass: 'internal', usually: hour, least: hour, most: day },
  /** Which reads were noted already; the entries about them stay in the ledger. */
  auditReads: { dataClass: 'internal', usually: day, least: day, most: 30 * day },
  sessions: { dataClass: 'personal', usually: 30 * day, least: day, most: 365 * day },
  notifications: { dataClass: 'personal', usually: 90 * day, least: day, most: 365 * day },
} as const satisfies Record<string, Bounds>;

/** Before which instant records of this sort go, by the active retention policy within the product's own bounds. */
export async function forgetBefore(
  from: { database: Database; clock: Clock },
  what: keyof typeof forgotten,
): Promise<Date> {
  const { dataClass, usually, least, most } = forgotten[what];
  const decision = await decideInForce(from, 'retention', { dataClass });
  const days = decision?.effect === 'allow' ? decision.obligations.days : undefined;
  const kept = typeof days === 'number' ? Math.min(most, Math.max(least, days * day)) : usually;
  return new Date(from.clock.now().getTime() - kept);
}
