import type { StalenessContract } from '#kernel/policy/kinds.ts';
import type { HubBeat } from '../schema.ts';

/**
 * Hub time as a relay may assume it at most. The welcome carried the hub's clock; it was written after the relay asked,
 * so counting from the moment of asking never makes a lease longer than the hub meant it. Only the monotonic clock is
 * used: a wall clock that is set wrong, or set back, changes nothing.
 */
export interface HubClock {
  hubAt: number;
  askedAtMono: number;
}

export const latestHubTime = (clock: HubClock, mono: number): number =>
  clock.hubAt + (mono - clock.askedAtMono);

export interface Lease {
  /** Hub time until which this relay may take itself for current. */
  serveUntil: number;
  beatAt: number;
  /** The newest activation the hub knows of. */
  epoch: number;
  /** Monotonic time of the last moment at which the lease was fresh. */
  freshAtMono: number;
}

/** An older beat, or one said again, is no sign of life. */
export function takeBeat(lease: Lease | null, beat: HubBeat, clock: HubClock, mono: number): Lease | null {
  const at = Date.parse(beat.at);
  if (lease && at <= lease.beatAt) return lease;
  const serveUntil = Date.parse(beat.serveUntil);
  if (latestHubTime(clock, mono) >= serveUntil) return lease;
  return { serveUntil, beatAt: at, epoch: beat.epoch, freshAtMono: mono };
}

/** Fresh = heard the hub within the lease, and holds everything that it had activated by then. */
export const isFresh = (lease: Lease | null, clock: HubClock | null, mono: number, epoch: number): boolean =>
  lease !== null && clock !== null && latestHubTime(clock, mono) < lease.serveUntil && epoch >= lease.epoch;

export type Service = { serve: true; stale: boolean } | { serve: false; reason: string };

/** What the policy itself says should happen while the relay cannot know whether it is current. */
export function serviceUnder(
  contract: StalenessContract,
  fresh: boolean,
  staleForMs: number | null,
): Service {
  if (fresh) return { serve: true, stale: false };
  if (contract === 'serve') return { serve: true, stale: true };
  if (contract === 'deny')
    return { serve: false, reason: 'The relay cannot reach the hub, and the policy denies then.' };
  const limit = contract.failClosedAfterSeconds * 1000;
  if (staleForMs !== null && staleForMs < limit) return { serve: true, stale: true };
  return {
    serve: false,
    reason: `The relay has not heard the hub for more than ${contract.failClosedAfterSeconds} seconds.`,
  };
}
