/**
 * A streaming detector for one series of numbers. Each of a dozen simple measures (the value, its jump, its spread over
 * three spans, its distance from what the hour of the day or of the week leads to expect, …) keeps the highest it has been,
 * which fades slowly towards its mean. A point is as anomalous as it goes beyond that record, measured by how far the record
 * itself lies from the mean. Records become rarer the longer a series is known, so no series cries wolf for ever; what was
 * just reported counts less for a while. Causal: a score depends on the points up to then only. Memory is bounded.
 */
export interface Point {
  /** Milliseconds. */
  at: number;
  value: number;
}

export const measures = [
  'up',
  'down',
  'residual',
  'jump',
  'spread-short',
  'spread-middle',
  'spread-long',
  'drift',
  'smooth-up',
  'smooth-down',
  'season',
  'shift',
] as const;

export interface Tuning {
  /** Points before anything is reported. */
  warmUp: number;
  /** Share of its height above the mean that a record loses with each point. */
  fading: number;
  /** Weight of the newest point in the local level, in the means of the measures, in the seasonal profile. */
  level: number;
  slow: number;
  season: number;
  /** Spans of the three spreads, in points. */
  spans: readonly [number, number, number];
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
  /** 0: the strongest measure counts; 1: all of them together. */
  together: number;
  weights: readonly number[];
}

export const tuning: Tuning = {
  warmUp: 150,
  fading: 0.0003,
  level: 0.15,
  slow: 0.004,
  season: 0.15,
  spans: [6, 24, 96],
  smooth: 0.1,
  fast: 0.15,
  long: 0.01,
  quiet: 0.5,
  quietFor: 100,
  tolerance: 0,
  half: 0.5,
  together: 0,
  weights: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 1],
};

const halfHours = 48;
const weekHours = 168;

export interface DetectorState {
  n: number;
  last: number;
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
  /** The newest values, oldest overwritten. */
  ring: readonly number[];
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

  last: value,
  level: value,
  smooth: value,
  fast: value,
  long: value,
  drift: 0,
  errors: [0, 0, 0],
  offsets: [0, 0],
  day: new Array<number | null>(halfHours).fill(null),
  week: new Array<number | null>(weekHours).fill(null),
  ring: [],
  records: [],
  means: [],
  quiet: 0,
});

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

/** Standard deviation of the newest `span` values, the present one among them. */
function spread(ring: readonly number[], place: number, known: number, span: number, origin: number): number {
  const count = Math.min(span, known);
  let sum = 0;
  let squares = 0;
  for (let j = 0; j < count; j++) {
    const value = (ring[(place - j + ring.length) % ring.length] ?? origin) - origin;
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  return Math.sqrt(Math.max(0, squares / count - mean * mean));
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

  const size = Math.max(...t.spans);
  const place = s.n % size;
  const ring = s.ring.length < size ? [...s.ring, x] : s.ring.with(place, x);
  const smooth = toward(s.smooth, x, t.smooth);
  const drift = toward(s.drift, residual, t.smooth);
  const fast = toward(s.fast, x, t.fast);
  const long = toward(s.long, x, t.long);
  const known = Math.min(s.n + 1, size);
  const measured = [
    x,
    -x,
    Math.abs(residual),
    Math.abs(x - s.last),
    ...t.spans.map(span => spread(ring, place, known, span, x)),
    Math.abs(drift),
    smooth,
    -smooth,
    day === null ? 0 : Math.abs(x - day),
    Math.abs(fast - long),
  ];

  let strongest = 0;
  let unsaid = 1;
  let loudest = -1;
  const records: number[] = [];
  const means: number[] = [];
  for (const [i, value] of measured.entries()) {
    const record = first ? value : (s.records[i] ?? value);
    const mean = first ? value : (s.means[i] ?? value);
    const height = Math.max(record - mean, 1e-9);
    const beyond = Math.max(0, (value - record) / height - t.tolerance) * (t.weights[i] ?? 0);
    const said = beyond / (beyond + t.half);
    if (said > strongest) {
      strongest = said;
      loudest = i;
    }
    unsaid *= 1 - said;
    const newMean = first ? value : toward(mean, value, share);
    means.push(newMean);
    records.push(Math.max(value, newMean + (record - newMean) * (1 - t.fading)));
  }
  const said = s.n < t.warmUp ? 0 : t.together * (1 - unsaid) + (1 - t.together) * strongest;
  const score = said * (1 - s.quiet);
  const rested = s.quiet * 0.5 ** (1 / t.quietFor);

  return {
    score,
    expected,
    measure: score > 0 ? (measures[loudest] ?? null) : null,
    state: {
      n: s.n + 1,

      last: x,
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
      ring,
      records,
      means,
      quiet: score > rested ? Math.max(rested, Math.min(t.quiet, score * 3)) : rested,
    },
  };
}
