import { beyondRecord, type DetectorState, judge, measures, tuning } from './detector.ts';

/** A finding is held for a while, since a fault begins in one minute and lasts for many; findings add up meanwhile. */
const heldHalfMinutes = 10;

/**
 * What creeps beats its own record by a little every minute, and by much within half an hour: the smoothed course is held
 * against the record of then, too.
 */
const creepAfterMs = 30 * 60_000;
const creepWithinMs = 60 * 60_000;
const noteEveryMs = 10 * 60_000;
const course = measures.indexOf('smooth-up');

interface Earlier {
  at: number;
  record: number;
  mean: number;
}

export interface WatchState {
  detector: DetectorState | null;
  held: number;
  /** Records of the smoothed course in the last hour, newest first. */
  earlier?: readonly Earlier[];
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
  let current: WatchState = state ?? { detector: null, held: 0 };
  let last: Watched | null = null;
  let seen = lastAt ?? Number.NEGATIVE_INFINITY;
  for (const minute of minutes) {
    if (minute.at <= seen || !Number.isFinite(minute.value)) continue;
    const passed = Number.isFinite(seen) ? (minute.at - seen) / 60_000 : 1;
    seen = minute.at;
    const judged = judge(current.detector, minute);
    const held = 1 - (1 - judged.score) * (1 - current.held * 0.5 ** (passed / heldHalfMinutes));
    const crept = creeping(judged.state, current.earlier ?? [], minute.at);
    current = {
      detector: judged.state,
      held,
      earlier: noted(judged.state, current.earlier ?? [], minute.at),
    };
    last = {
      ...{ state: current, at: minute.at, value: minute.value, expected: judged.expected },
      score: Math.max(held, crept),
    };
  }
  return last;
}

function creeping(now: DetectorState, earlier: readonly Earlier[], at: number): number {
  const then = earlier.find(one => at - one.at >= creepAfterMs);
  if (!then || at - then.at > creepWithinMs) return 0;
  return beyondRecord(now.smooth, then, tuning.weights[course] ?? 0);
}

/** Nothing is noted before the detector knows the series: its first records are no measure for anything. */
function noted(now: DetectorState, earlier: readonly Earlier[], at: number): readonly Earlier[] {
  const [newest] = earlier;
  if (now.n < tuning.warmUp || (newest && at - newest.at < noteEveryMs)) return earlier;
  const one = { at, record: now.records[course] ?? now.smooth, mean: now.means[course] ?? now.smooth };
  return [one, ...earlier.filter(other => at - other.at <= creepWithinMs)];
}

/** Numbers as they are kept: seven digits say all that a record needs. */
export const rounded = (state: WatchState): WatchState =>
  JSON.parse(
    JSON.stringify(state, (_key, value) =>
      typeof value === 'number' ? Number(value.toPrecision(7)) : value,
    ),
  );
