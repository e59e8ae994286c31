import type { RegionState } from '../schema.ts';

/** After how much silence a region is taken for what. */
export interface Schedule {
  degradedMs: number;
  unreachableMs: number;
}
export const usualSchedule: Schedule = { degradedMs: 5_000, unreachableMs: 10_000 };

export interface Life {
  state: RegionState;
  stateSince: number;
  heardAt: number | null;
  /** Registration, admission, or the recovery of this console: silence is not counted before it. */
  aliveFrom: number;
  /** Set while it is away after it had been heard: whoever was never heard cannot return. */
  lostAt: number | null;
}

/** Milliseconds since its last sign of life, as far as somebody listened. */
export const silenceOf = (life: Life, now: number, watchingSince: number): number =>
  Math.max(0, now - Math.max(life.heardAt ?? 0, life.aliveFrom, watchingSince));

/**
 * What a region is at this moment. Silence takes it down step by step and never further than to `unreachable`; a return
 * leads into quarantine, and only people lead out of `pending`, `quarantined` and `retired`.
 */
export function nextState(
  life: Life,
  now: number,
  watchingSince = 0,
  schedule: Schedule = usualSchedule,
): RegionState {
  const silence = silenceOf(life, now, watchingSince);
  switch (life.state) {
    case 'pending':
    case 'quarantined':
    case 'retired':
      return life.state;
    case 'unreachable':
      if (life.heardAt === null || life.heardAt <= life.stateSince) return 'unreachable';
      return life.lostAt === null ? 'active' : 'quarantined';
    case 'active':
    case 'degraded':
      if (silence >= schedule.unreachableMs) return 'unreachable';
      return silence >= schedule.degradedMs ? 'degraded' : 'active';
  }
}

/**
 * Since when somebody listened without a gap. A watcher that stood still (a busy machine, a database that restarts) has
 * heard nobody, and must not take that for their silence. Shorter gaps cost at most `degraded`, which mends itself.
 */
export function listeningSince(since: number, lastLook: number | null, now: number, gapMs = 6_000): number {
  return lastLook !== null && now - lastLook > gapMs ? now : since;
}

/** Which changes of state people may order, from where. */
export const ordered = {
  readmit: { from: ['quarantined'], to: 'active' },
  quarantine: { from: ['active', 'degraded', 'unreachable'], to: 'quarantined' },
  retire: { from: ['pending', 'active', 'degraded', 'unreachable', 'quarantined'], to: 'retired' },
} as const satisfies Record<string, { from: readonly RegionState[]; to: RegionState }>;
export type Order = keyof typeof ordered;
