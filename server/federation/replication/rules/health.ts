import type { Health, Look } from '../schema.ts';

/** What was seen of a stream on both servers; null = that server did not say. */
export interface Seen {
  at: string;
  /** What a server said instead of an answer. */
  refused?: string;
  publisher: {
    slot: {
      active: boolean;
      walStatus: string;
      lagBytes: number | null;
      retainedBytes: number | null;
    } | null;
    /** Its own clock, so that no difference between two clocks is taken for a lag. */
    now: string;
    lsn: string;
  } | null;
  subscriber: {
    enabled: boolean;
    exists: boolean;
    worker: boolean;
    receivedLsn: string | null;
    heardAt: string | null;
    beatAt: string | null;
    applyErrors: number | null;
    syncErrors: number | null;
    tables: { table: string; state: string; rows: number | null }[];
  } | null;
}

export interface Limits {
  /** Behind by more than this is lagging; three times as much is stalled. */
  lagSeconds: number;
  walBudgetBytes: number;
}

export const defaultLagSeconds = 10;

/** One word for a stream and why; whatever was not heard makes it unknown, never well. */
export function healthOf(seen: Seen, paused: string | null, limits: Limits): Look {
  const { publisher, subscriber } = seen;
  const beatAt = subscriber?.beatAt ?? null;
  const lagSeconds =
    publisher && beatAt !== null
      ? Math.max(0, Math.round((Date.parse(publisher.now) - Date.parse(beatAt)) / 100) / 10)
      : null;
  const retainedBytes = publisher?.slot?.retainedBytes ?? null;
  const overBudget = retainedBytes !== null && retainedBytes > limits.walBudgetBytes;
  const [health, why] = verdict(seen, paused, limits, lagSeconds, overBudget);
  return {
    at: seen.at,
    health,
    why,
    lagBytes: publisher?.slot?.lagBytes ?? null,
    lagSeconds,
    retainedBytes,
    slotActive: publisher?.slot?.active ?? null,
    walStatus: publisher?.slot?.walStatus ?? null,
    applyErrors: subscriber?.applyErrors ?? null,
    syncErrors: subscriber?.syncErrors ?? null,
    heardAt: subscriber?.heardAt ?? null,
    publisherLsn: publisher?.lsn ?? null,
    receivedLsn: subscriber?.receivedLsn ?? null,
    tables: subscriber?.tables ?? [],
    overBudget,
  };
}

function verdict(
  { publisher, subscriber, refused }: Seen,
  paused: string | null,
  limits: Limits,
  lagSeconds: number | null,
  overBudget: boolean,
): [Health, string] {
  if (refused !== undefined) return ['unknown', `it could not be looked at: ${refused}`];
  if (!publisher && !subscriber) return ['unknown', 'neither server answers'];
  if (!publisher) return ['unknown', 'the publisher does not answer'];
  if (!subscriber) return ['unknown', 'the subscriber does not answer'];
  if (!publisher.slot)
    return ['broken', 'its slot is gone from the publisher: the stream has to be made anew'];
  if (publisher.slot.walStatus === 'lost')
    return [
      'broken',
      'the publisher dropped log that the subscriber still needed: the stream has to be made anew',
    ];
  if (!subscriber.exists) return ['broken', 'the subscription is gone from the subscriber'];
  if (paused !== null && subscriber.enabled)
    return ['stalled', 'it is to be paused, and its subscriber still applies rows'];
  if (paused !== null)
    return ['paused', overBudget ? `${paused}; it keeps more log than its budget` : paused];
  if (!subscriber.enabled)
    return [
      'broken',
      `an error stopped it: ${subscriber.applyErrors ?? 0} while applying, ${subscriber.syncErrors ?? 0} while copying`,
    ];
  if (overBudget) return ['stalled', 'the publisher keeps more log for it than its budget'];
  const copying = subscriber.tables.filter(t => t.state !== 'r');
  if (copying.length > 0)
    return ['syncing', `${copying.length} of ${subscriber.tables.length} tables are being copied`];
  if (!publisher.slot.active) return ['stalled', 'no subscriber reads its slot'];
  if (lagSeconds === null) return ['unknown', 'no heartbeat has arrived yet'];
  if (lagSeconds > limits.lagSeconds * 3) return ['stalled', `${lagSeconds} s behind`];
  if (lagSeconds > limits.lagSeconds) return ['lagging', `${lagSeconds} s behind`];
  return ['streaming', `${lagSeconds} s behind`];
}
