import type { Seen } from './health.ts';

/** How often a stream that an error stopped was started again, and when last. */
export interface Tries {
  count: number;
  at: number;
}

const firstPauseMs = 2_000;
/** What an error stops once more after so many tries is not a lost connection: people have to look at the row. */
export const mostTries = 5;
/** A stream that has run for so long since it was started again is taken for mended. */
const mendedMs = 5 * 60_000;

/** Postgres stops a subscription for any error: a connection that broke while it applied as well as a row that does not fit. */
export const stoppedByError = ({ publisher, subscriber }: Seen): boolean =>
  Boolean(
    publisher?.slot && publisher.slot.walStatus !== 'lost' && subscriber?.exists && !subscriber.enabled,
  );

/** Whether to start it again now; each time waits twice as long as the one before. */
export function triesAfter(
  before: Tries | null,
  stopped: boolean,
  now: number,
): { tries: Tries | null; again: boolean } {
  if (!stopped) return { tries: before && now - before.at < mendedMs ? before : null, again: false };
  if (!before) return { tries: { count: 0, at: now }, again: false };
  const due = before.count < mostTries && now - before.at >= firstPauseMs * 2 ** before.count;
  return due ? { tries: { count: before.count + 1, at: now }, again: true } : { tries: before, again: false };
}
