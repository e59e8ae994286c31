import { isSeasonal, seasonalIndices } from './decompose.ts';
import { at, type Fit, last, type Model } from './model.ts';

export const seasonalNaive = (history: readonly number[], period: number): Fit => {
  const lag = history.length >= period ? period : 1;
  return {
    fitted: history.map((_, t) => at(history, t - lag)),
    forecast: horizon =>
      Array.from({ length: horizon }, (_, h) => at(history, history.length - lag + (h % lag))),
  };
};

/** The shortest period whose repetition is seen; the longer ones of a series are the other models' business. */
export const seasonalNaiveModel: Model = {
  name: 'seasonal-naive',
  fit: (history, { periods }) => (history.length < 2 ? null : seasonalNaive(history, periods[0] ?? 1)),
};

/** The benchmark of the M4 competition: the last value, seasonally adjusted by multiplicative decomposition where a test says so. */
export function naive2(history: readonly number[], period: number, horizon: number): number[] {
  if (!isSeasonal(history, period)) return Array.from({ length: horizon }, () => last(history));
  const indices = seasonalIndices(history, period, 'multiplicative');
  const n = history.length;
  const adjusted = last(history) / at(indices, (n - 1) % period);
  return Array.from({ length: horizon }, (_, h) => adjusted * at(indices, (n + h) % period));
}
