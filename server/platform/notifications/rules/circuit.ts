export interface Circuit {
  state: 'closed' | 'open' | 'half_open';
  /** Failures of the channel in a row. */
  failures: number;
  /** How often it opened in a row: each time it stays open twice as long. */
  trips: number;
  retryAt: Date | null;
  since: Date;
}

const failuresToOpen = 5;
const firstPauseMs = 60_000;
const longestPauseMs = 900_000;
/** A try that never came back does not keep the channel closed to all others. */
const probeMs = 90_000;

export const closed = (now: Date): Circuit => ({
  state: 'closed',
  failures: 0,
  trips: 0,
  retryAt: null,
  since: now,
});

/** Whether a delivery may go now, and whether it is the one that tries the channel. */
export function admission(
  circuit: Circuit,
  now: Date,
): { admit: true; probe: boolean } | { admit: false; until: Date } {
  if (circuit.state === 'closed' || circuit.retryAt === null) return { admit: true, probe: false };
  return circuit.retryAt > now ? { admit: false, until: circuit.retryAt } : { admit: true, probe: true };
}

export const probing = (circuit: Circuit, now: Date): Circuit => ({
  ...circuit,
  state: 'half_open',
  retryAt: new Date(now.getTime() + probeMs),
});

/** `neutral`: the recipient was wrong, or the channel asked for patience; neither says that the channel is broken. */
export function following(circuit: Circuit, said: 'ok' | 'failed' | 'neutral', now: Date): Circuit {
  if (said === 'ok') return circuit.state === 'closed' && circuit.failures === 0 ? circuit : closed(now);
  if (said === 'neutral') {
    if (circuit.state === 'closed') return circuit;
    return closed(now);
  }
  const failures = circuit.failures + 1;
  if (circuit.state === 'closed' && failures < failuresToOpen) return { ...circuit, failures };
  const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** circuit.trips);
  return {
    state: 'open',
    failures,
    trips: circuit.trips + 1,
    retryAt: new Date(now.getTime() + pause),
    since: circuit.state === 'closed' ? now : circuit.since,
  };
}
