import type { Evidence, Measure } from './evidence.ts';

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

/** Of each series what it says, and the number of replicas, which is known and need not be measured. */
export function measuresOf(
  series: Readonly<Record<string, readonly Point[]>>,
  replicas: number,
  now: string,
): Evidence['measures'] {
  const found = Object.entries(series).flatMap(([metric, points]) => measureOf(metric, points, now) ?? []);
  return {
    ...Object.fromEntries(found.map(measure => [measure.metric, measure])),
    replicas: { metric: 'replicas', latest: replicas, mean: replicas, before: replicas, at: now, points: 1 },
  };
}
