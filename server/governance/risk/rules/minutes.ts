import { type DetectorState, judge } from './detector.ts';

/** A finding is held for a while: a fault begins in one minute and lasts for many. */
const heldHalfMinutes = 10;

export interface WatchState {
  detector: DetectorState | null;
  held: number;
}

export interface Watched {
  state: WatchState;
  at: number;
  value: number;
  expected: number;
  score: number;
}

export interface Minute {
  at: number;
  value: number;
}

/** Pure: one series on through the minutes that came since; minutes at or before the last one are not looked at twice. */
export function watch(
  state: WatchState | null,
  lastAt: number | null,
  minutes: readonly Minute[],
): Watched | null {
  let current = state ?? { detector: null, held: 0 };
  let last: Watched | null = null;
  let seen = lastAt ?? Number.NEGATIVE_INFINITY;
  for (const minute of minutes) {
    if (minute.at <= seen || !Number.isFinite(minute.value)) continue;
    const passed = Number.isFinite(seen) ? (minute.at - seen) / 60_000 : 1;
    seen = minute.at;
    const judged = judge(current.detector, minute);
    const held = Math.max(judged.score, current.held * 0.5 ** (passed / heldHalfMinutes));
    current = { detector: judged.state, held };
    last = { state: current, at: minute.at, value: minute.value, expected: judged.expected, score: held };
  }
  return last;
}

/** Numbers as they are kept: seven digits say all that a record needs. */
export const rounded = (state: WatchState): WatchState =>
  JSON.parse(
    JSON.stringify(state, (_key, value) =>
      typeof value === 'number' ? Number(value.toPrecision(7)) : value,
    ),
  );
