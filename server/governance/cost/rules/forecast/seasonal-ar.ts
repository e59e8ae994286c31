import { at, type Fit, type Model, mean } from './model.ts';
import { ridge } from './solve.ts';

/**
 * What comes is a weighted sum of what was just now and of what was at the same place of earlier seasons (and next to it),
 * with weights learnt by ridge regression; further steps are fed with their own forecasts. Several ways to take out what
 * repeats are tried, as they are, as differences to one step or one season before, or by a figure for each place in the
 * season; the middle of what they say is taken.
 */
interface Variant {
  difference: number;
  lags: readonly number[];
  /** Seasons that get a figure for each of their places. */
  places: readonly number[];
}

const penalty = 0.2;
const placePenalty = 3;

function variantsOf(periods: readonly number[], length: number): Variant[] {
  const around = periods.flatMap(p => [p - 1, p, p + 1]);
  const short = periods[0] ?? 0;
  const few = [1, 2, 3, ...around, 2 * short, 3 * short];
  const more = [...few, 4 * short, 5 * short, 6 * short];
  const lags = (given: readonly number[], spent: number) =>
    [...new Set(given)].filter(lag => lag > 0 && lag < (length - spent) * 0.6).sort((a, b) => a - b);
  const places = periods.filter(p => p > 1 && p * 2 < length);
  const near = [1, 2, 3, ...(short > 1 ? [short - 1, short, short + 1] : []), ...periods.slice(1)];
  return [
    { difference: 0, lags: lags(few, 0), places: [] },
    { difference: 1, lags: lags(more, 1), places: [] },
    ...places.map(p => ({ difference: p, lags: lags(more, p), places: [] })),
    ...(places.length > 0 ? [{ difference: 0, lags: lags(near, 0), places }] : []),
  ];
}

/** The history in logarithms where they exist, differenced and scaled; and the way back. */
function prepared(history: readonly number[], difference: number) {
  const logs = history.every(y => y > 0);
  const base = logs ? history.map(Math.log) : [...history];
  const values = difference === 0 ? base : base.slice(difference).map((v, i) => v - at(base, i));
  const centre = mean(values);
  const size = Math.sqrt(mean(values.map(v => (v - centre) ** 2))) || 1;
  const z = values.map(v => (v - centre) / size);
  const back = (path: readonly number[]) => {
    const full = [...base];
    for (const step of path)
      full.push(step * size + centre + (difference === 0 ? 0 : at(full, full.length - difference)));
    return full.slice(base.length).map(v => (logs ? Math.exp(v) : v));
  };
  return { z, back };
}

function fitVariant(history: readonly number[], variant: Variant): ((horizon: number) => number[]) | null {
  const { difference, lags, places } = variant;
  const longest = lags.at(-1);
  if (longest === undefined || history.length - difference < longest + 8) return null;
  const { z, back } = prepared(history, difference);
  const row = (path: readonly number[], t: number) => {
    const features = [1, ...lags.map(lag => at(path, t - lag))];
    for (const period of places)
      for (let place = 0; place < period; place++) features.push((t + difference) % period === place ? 1 : 0);
    return features;
  };
  const rows: number[][] = [];
  for (let t = longest; t < z.length; t++) rows.push(row(z, t));
  const held = places.flatMap((period, i) => Array.from({ length: period }, () => placePenalty * (i + 1)));
  const weights = ridge(rows, z.slice(longest), [0, ...lags.map(() => penalty), ...held]);
  if (!weights) return null;
  // A recursion that runs away is held to what was seen, and a little more.
  const [low, high] = [Math.min(...z) - 1, Math.max(...z) + 1];
  return horizon => {
    const path = [...z];
    for (let h = 0; h < horizon; h++) {
      const next = row(path, path.length).reduce((sum, f, i) => sum + f * at(weights, i), 0);
      path.push(Math.min(high, Math.max(low, next)));
    }
    return back(path.slice(z.length));
  };
}

/** Without the highest and the lowest where there are enough: one that runs astray does not count. */
function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return mean(sorted.length > 3 ? sorted.slice(1, -1) : sorted);
}

export function fitSeasonalAr(history: readonly number[], periods: readonly number[]): Fit | null {
  const found = variantsOf(periods, history.length).flatMap(variant => fitVariant(history, variant) ?? []);
  if (found.length === 0) return null;
  return {
    fitted: [],
    forecast: horizon => {
      const said = found.map(forecast => forecast(horizon));
      return Array.from({ length: horizon }, (_, h) => middle(said.map(one => at(one, h))));
    },
  };
}

export const seasonalArModel: Model = {
  name: 'seasonal-ar',
  fit: (history, { periods }) => fitSeasonalAr(history, periods),
};
