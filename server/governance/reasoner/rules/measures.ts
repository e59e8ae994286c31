import type { Measure } from './evidence.ts';

interface Point {
  /** ISO 8601. */
  ts: string;
  value: number;
}

const minute = 60_000;
/** One scrape may be an outlier. */
const latelyMs = 2 * minute;
/** A reading older than this says nothing of now: its source is behind. */
const oldMs = 5 * minute;

/** What a series says of its metric, oldest first; null where it says nothing of now. */
export function measureOf(metric: string, points: readonly Point[], now: string): Measure | null {
  const last = points.at(-1);
  if (!last || Date.parse(now) - Date.parse(last.ts) > oldMs) return null;
  const since = Date.parse(last.ts) - latelyMs;
  const mean = (some: readonly Point[]) => some.reduce((sum, point) => sum + point.value, 0) / some.length;
  const first = points.slice(0, Math.max(1, Math.ceil(points.length / 4)));
  return {
    metric,
    latest: mean(points.filter(point => Date.parse(point.ts) > since)),
    mean: mean(points),
    before: mean(first),
    at: last.ts,
    points: points.length,
  };
}
