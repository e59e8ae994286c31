import { at, mean } from './model.ts';

/** Per cent, 0 to 200: the definition of the M4 competition. Two zeros agree. */
export const smape = (actual: readonly number[], forecast: readonly number[]): number =>
  mean(
    actual.map((y, i) => {
      const f = at(forecast, i);
      const size = Math.abs(y) + Math.abs(f);
      return size === 0 ? 0 : (200 * Math.abs(y - f)) / size;
    }),
  );

/** How far the seasonal-naive forecast is off within the history: what one unit of MASE is. Null where it never is. */
export function naiveError(history: readonly number[], period: number): number | null {
  const lag = history.length > period ? period : 1;
  if (history.length <= lag) return null;
  const scale = mean(history.slice(lag).map((y, i) => Math.abs(y - at(history, i))));
  return scale > 0 ? scale : null;
}

/** Mean absolute scaled error (Hyndman and Koehler, 2006). */
export function mase(
  history: readonly number[],
  actual: readonly number[],
  forecast: readonly number[],
  period: number,
): number | null {
  const scale = naiveError(history, period);
  return scale === null ? null : mean(actual.map((y, i) => Math.abs(y - at(forecast, i)))) / scale;
}
