/**
 * The official scoring of the Numenta Anomaly Benchmark (its `sweeper.py`, MIT): every labelled window counts once, by how
 * early it was found; every alarm outside costs, the less the closer it follows a window; a first stretch does not count.
 */
export interface Profile {
  name: 'standard' | 'reward_low_FP_rate' | 'reward_low_FN_rate';
  tp: number;
  fp: number;
  fn: number;
}

export const profiles: readonly Profile[] = [
  { name: 'standard', tp: 1, fp: 0.11, fn: 1 },
  { name: 'reward_low_FP_rate', tp: 1, fp: 0.22, fn: 1 },
  { name: 'reward_low_FN_rate', tp: 1, fp: 0.11, fn: 2 },
];

export interface Labelled {
  file: string;
  timestamps: readonly string[];
  /** First and last timestamp of each labelled window, in order. */
  windows: readonly (readonly [string, string])[];
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const scaled = (position: number) => (position > 3 ? -1 : 2 * sigmoid(-5 * position) - 1);
const most = scaled(-1);

export const probation = (rows: number) => Math.min(Math.floor(0.15 * rows), 0.15 * 5000);

/** What each row would be worth by itself, unweighted, and the window it lies in (-1: none). */
interface Position {
  window: Int32Array;
  worth: Float64Array;
  from: number;
  windows: number;
}

export function positions({ timestamps, windows }: Labelled): Position {
  const rows = timestamps.length;
  const window = new Int32Array(rows).fill(-1);
  const worth = new Float64Array(rows).fill(-1);
  const spans = windows.map(([from, to]) => [timestamps.indexOf(from), timestamps.indexOf(to)] as const);
  for (const [n, [left, right]] of spans.entries()) {
    if (left < 0 || right < left) throw new Error(`Window ${n + 1} is not in the data.`);
    const width = right - left + 1;
    for (let i = left; i <= right; i++) {
      window[i] = n;
      worth[i] = scaled(-(right - i + 1) / width) / most;
    }
    const end = spans[n + 1]?.[0] ?? rows;
    for (let i = right + 1; i < end; i++) worth[i] = scaled((i - right) / (width - 1));
  }
  return { window, worth, from: Math.ceil(probation(rows)), windows: windows.length };
}

export interface Detected {
  at: Position;
  scores: ArrayLike<number>;
}

export interface Best {
  threshold: number;
  score: number;
}

/** Lowers the threshold row by row through all files together, and keeps where the sum was greatest. */
export function optimise(files: readonly Detected[], profile: Profile): Best {
  let total = 0;
  for (const { at } of files) total += at.windows;
  const rows: { score: number; worth: number; window: number }[] = [];
  let base = 0;
  let windowsSeen = 0;
  for (const { at, scores } of files) {
    const scorable = new Set<number>();
    for (let i = at.from; i < at.window.length; i++) {
      const inside = at.window[i] ?? -1;
      if (inside >= 0) scorable.add(inside);
      rows.push({
        score: scores[i] ?? 0,
        worth: at.worth[i] ?? 0,
        window: inside < 0 ? -1 : base + inside,
      });
    }
    windowsSeen += scorable.size;
    base += at.windows;
  }
  rows.sort((a, b) => b.score - a.score);
  const found = new Float64Array(total).fill(-profile.fn);
  let sum = -profile.fn * windowsSeen;
  let best: Best = { threshold: 1.1, score: sum };
  let threshold = 1.1;
  for (const row of rows) {
    if (row.score !== threshold) {
      if (sum > best.score) best = { threshold, score: sum };
      threshold = row.score;
    }
    if (row.window < 0) sum += row.worth * profile.fp;
    else {
      const worth = row.worth * profile.tp;
      const before = found[row.window] ?? 0;
      if (worth > before) {
        found[row.window] = worth;
        sum += worth - before;
      }
    }
  }
  return sum > best.score ? { threshold, score: sum } : best;
}

export interface Counted {
  score: number;
  found: number;
  windows: number;
  /** Alarms outside of every window. */
  wrong: number;
}

/** What one file is worth at a threshold that was chosen elsewhere. */
export function scoreAt({ at, scores }: Detected, threshold: number, profile: Profile): Counted {
  const found = new Map<number, number>();
  let sum = 0;
  let wrong = 0;
  for (let i = at.from; i < at.window.length; i++) {
    const inside = at.window[i] ?? -1;
    if (inside >= 0 && !found.has(inside)) found.set(inside, -profile.fn);
    if ((scores[i] ?? 0) < threshold) continue;
    const worth = at.worth[i] ?? 0;
    if (inside < 0) {
      sum += worth * profile.fp;
      wrong += 1;
    } else found.set(inside, Math.max(found.get(inside) ?? 0, worth * profile.tp));
  }
  let hits = 0;
  for (const worth of found.values()) {
    sum += worth;
    if (worth > -profile.fn) hits += 1;
  }
  return { score: sum, found: hits, windows: found.size, wrong };
}

/** From raw sums to 0 (finds nothing) … 100 (finds everything at once, and nothing else). */
export function normalised(score: number, windows: number, profile: Profile): number {
  const nothing = -profile.fn * windows;
  return (100 * (score - nothing)) / (profile.tp * windows - nothing);
}
