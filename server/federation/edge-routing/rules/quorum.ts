import type { FailoverSettings, Observation } from '../schema.ts';

export const freshMs = 6_000;
/** An observer that lost sight for less than this says nothing yet. */
export const downAfterMs = 3_000;

/** Until every observer has looked again and has waited for an answer, where nothing has been measured yet. */
export const noticeMs = 3_000;

export interface Verdict {
  /** Null = nobody can say. */
  down: boolean | null;
  votes: number;
  /** When enough observers had lost sight. */
  since: number | null;
  /** Others agree that it is down, or might soon, while the console itself has just had an answer. */
  disputed: boolean;
}

export const isFresh = (o: Pick<Observation, 'at'>, now: number): boolean =>
  now - Date.parse(o.at) <= freshMs;

/**
 * So many fresh observers have to agree, each of them long enough; one that does not know does not vote. An answer that the
 * console itself has just had is a proof, whatever others report: nobody outvotes it.
 */
export function regionDown(observations: readonly Observation[], quorum: number, now: number): Verdict {
  const fresh = observations.filter(o => o.up !== null && isFresh(o, now));
  const against = fresh
    .filter(o => o.up === false && now - Date.parse(o.since) >= downAfterMs)
    .map(o => Date.parse(o.since))
    .sort((a, b) => a - b);
  const votes = against.length;
  const reached = fresh.some(o => o.observer === 'console' && o.up === true);
  const disputed = reached && votes > 0;
  if (votes >= quorum && !reached)
    return { down: true, votes, since: (against[quorum - 1] ?? now) + downAfterMs, disputed };
  return { down: fresh.some(o => o.up === true) ? false : null, votes, since: null, disputed };
}

/**
 * Whether a failover would empty it first: not once enough observers agree that it is down, nor once the console itself,
 * which would have to do it, has lost sight of it for as long.
 */
export function answersUs(observations: readonly Observation[], quorum: number, now: number): boolean {
  if (regionDown(observations, quorum, now).down === true) return false;
  const own = observations.find(o => o.observer === 'console');
  // However long ago it looked: what was lost is there again only once it has answered.
  return !(own?.up === false && now - Date.parse(own.since) >= downAfterMs);
}

/**
 * Whether a loss is proposed once more: nobody was asked yet, or the request ended without a word against it. Who denied it
 * said so of this loss.
 */
export const mayAskAgain = (state: string | null): boolean =>
  state === null || !['pending', 'approved', 'denied', 'withdrawn'].includes(state);

export interface PastRun {
  startedAt: string;
  dry: boolean;
}

/** Why a failover may not begin by itself; null = it may. */
export function breakerOf(
  settings: Pick<FailoverSettings, 'holdDownMinutes' | 'maxPerHour'>,
  past: readonly PastRun[],
  now: number,
): string | null {
  const real = past.filter(run => !run.dry).map(run => Date.parse(run.startedAt));
  const hour = real.filter(at => now - at < 3_600_000).length;
  if (hour >= settings.maxPerHour)
    return `${hour} failovers within the hour; at most ${settings.maxPerHour} are made`;
  const last = Math.max(...real, Number.NEGATIVE_INFINITY);
  const until = last + settings.holdDownMinutes * 60_000;
  // A moment and no countdown: the same words as long as it is the same reason.
  return until > now
    ? `held down until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${settings.holdDownMinutes} minutes after the last one`
    : null;
}
