/**
 * A streaming detector for one series of numbers. Each of a few simple measures (the value and its smoothed course, how far
 * it has drifted from what was expected, its distance from the usual of the hour, the shift of its level) keeps the highest
 * it has been, which fades slowly towards its mean. A point is as anomalous as it goes beyond that record, measured by how
 * far the record itself lies from the mean. Records become rarer the longer a series is known, so no series cries wolf for
 * ever; what was just reported counts less for a while. Causal: a score depends on the points up to then only. Memory is
 * bounded: some 250 numbers a series.
 */
export interface Point {
  /** Milliseconds. */
  at: number;
  value: number;
}

export const measures = ['up', 'down', 'drift', 'smooth-up', 'smooth-down', 'season', 'shift'] as const;

export interface Tuning {
  /** Points before anything is reported. */
  warmUp: number;
  /** Share of its height above the mean that a record loses with each point. */
  fading: number;
  /** Weight of the newest point in the local level, in the means of the measures, in the seasonal profile. */
  level: number;
  slow: number;
  season: number;
  /** Weight of the newest point in the smoothed course, and in the two courses whose distance is the shift. */
  smooth: number;
  fast: number;
  long: number;
  /** How much of a report the next ones lose, and after how many points half of that is over. */
  quiet: number;
  quietFor: number;
  /** Going beyond a record by less than this share says nothing. */
  tolerance: number;
  /** Going beyond it by this share scores one half. */
  half: number;
  weights: readonly number[];
}

/** Chosen from a coarse grid on the development half of the Numenta Anomaly Benchmark; docs/bench.md says how. */
export const tuning: Tuning = {
  warmUp: 150,
  fading: 0.0001,
  level: 0.4,
  slow: 0.002,
  season: 0.2,
  smooth: 0.05,
  fast: 0.05,
  long: 0.012,
  quiet: 0.7,
  quietFor: 400,
  tolerance: 0.05,
  half: 0.5,
  weights: [0.5, 1, 1, 1, 0.5, 1, 1],
};

const halfHours = 48;
const weekHours = 168;

export interface DetectorState {
  n: number;
  level: number;
  smooth: number;
  fast: number;
  long: number;
  drift: number;
  /** Mean error of the three predictors: the level, the half hour of the day, the hour of the week. */
  errors: readonly [number, number, number];
  /** How far the series lately lies from each seasonal profile. */
  offsets: readonly [number, number];
  day: readonly (number | null)[];
  week: readonly (number | null)[];
  records: readonly number[];
  means: readonly number[];
  quiet: number;
}

export interface Judged {
  state: DetectorState;
  /** 0 to 1. */
  score: number;
  expected: number;
  /** What spoke loudest; null where nothing did. */
  measure: (typeof measures)[number] | null;
}

const begin = (value: number): DetectorState => ({
  n: 0,

  level: value,
  smooth: value,
  fast: value,
  long: value,
  drift: 0,
  errors: [0, 0, 0],
  offsets: [0, 0],
  day: new Array<number | null>(halfHours).fill(null),
  week: new Array<number | null>(weekHours).fill(null),
  records: [],
  means: [],
  quiet: 0,
});

/** How far a measure goes beyond its record, 0 to 1. */
export function beyondRecord(
  value: number,
  { record, mean }: { record: number; mean: number },
  weight: number,
  t: Tuning = tuning,
): number {
  const height = Math.max(record - mean, 1e-9);
  const beyond = Math.max(0, (value - record) / height - t.tolerance) * weight;
  return beyond / (beyond + t.half);
}

const toward = (from: number, to: number, share: number) => from + share * (to - from);

/** The predictor that erred least so far; of equals the simplest. */
function expectation(s: DetectorState, day: number | null, week: number | null) {
  const predicted = [
    s.level,
    day === null ? s.level : day + s.offsets[0],
    week === null ? s.level : week + s.offsets[1],
  ] as const;
  const [level, daily, weekly] = s.errors;
  const best = daily < level && daily <= weekly ? 1 : weekly < level ? 2 : 0;
  return { predicted, expected: predicted[best] };
}

/** Pure: the next state and what the point scores. A value that is no number leaves everything as it is. */
export function judge(before: DetectorState | null, point: Point, t: Tuning = tuning): Judged {
  if (!Number.isFinite(point.value) || !Number.isFinite(point.at)) {
    const state = before ?? begin(0);
    return { state, score: 0, expected: state.level, measure: null };
  }
  const x = point.value;
  const s = before ?? begin(x);
  const first = s.n === 0;
  const dayPlace = Math.floor((point.at % 86_400_000) / 1_800_000);
  const weekPlace = Math.floor((point.at / 3_600_000) % weekHours);
  const day = s.day[dayPlace] ?? null;
  const week = s.week[weekPlace] ?? null;
  const { predicted, expected } = expectation(s, day, week);
  const residual = x - expected;
  const share = Math.max(t.slow, 1 / (s.n + 1));

  const smooth = toward(s.smooth, x, t.smooth);
  const drift = toward(s.drift, residual, t.smooth);
  const fast = toward(s.fast, x, t.fast);
  const long = toward(s.long, x, t.long);
  const measured = [
    x,
    -x,
    Math.abs(drift),
    smooth,
    -smooth,
    day === null ? 0 : Math.abs(x - day),
    Math.abs(fast - long),
  ];

  let strongest = 0;
  let loudest = -1;
  const records: number[] = [];
  const means: number[] = [];
  for (const [i, value] of measured.entries()) {
    const record = first ? value : (s.records[i] ?? value);
    const mean = first ? value : (s.means[i] ?? value);
    const said = beyondRecord(value, { record, mean }, t.weights[i] ?? 0, t);
    if (said > strongest) {
      strongest = said;
      loudest = i;
    }
    const newMean = first ? value : toward(mean, value, share);
    means.push(newMean);
    records.push(Math.max(value, newMean + (record - newMean) * (1 - t.fading)));
  }
  const score = s.n < t.warmUp ? 0 : strongest * (1 - s.quiet);
  const rested = s.quiet * 0.5 ** (1 / t.quietFor);

  return {
    score,
    expected,
    measure: score > 0 ? (measures[loudest] ?? null) : null,
    state: {
      n: s.n + 1,

      level: toward(s.level, x, t.level),
      smooth,
      fast,
      long,
      drift,
      errors: [
        toward(s.errors[0], Math.abs(x - predicted[0]), share),
        toward(s.errors[1], Math.abs(x - predicted[1]), share),
        toward(s.errors[2], Math.abs(x - predicted[2]), share),
      ],
      offsets: [
        toward(s.offsets[0], day === null ? 0 : x - day, t.level),
        toward(s.offsets[1], week === null ? 0 : x - week, t.level),
      ],
      day: s.day.with(dayPlace, day === null ? x : toward(day, x, t.season)),
      week: s.week.with(weekPlace, week === null ? x : toward(week, x, t.season)),
      records,
      means,
      quiet: score > rested ? Math.max(rested, Math.min(t.quiet, score * 3)) : rested,
    },
  };
}
