import { at, type Fit, type Model, mean } from './model.ts';
import { minimise } from './optimise.ts';

/**
 * Smoothing with several seasons at once and an autoregressive error (after Taylor, 2003), on logarithms where all values
 * are positive: an hour of the day and an hour of the week each learn at their own pace, and what is off now is off a
 * little less in the next step.
 */
export interface SeasonsShape {
  periods: readonly number[];
  damped: boolean;
}

interface Parameters {
  alpha: number;
  beta: number;
  phi: number;
  rho: number;
  gammas: readonly number[];
}

interface State {
  level: number;
  slope: number;
  seasons: number[][];
}

function startOf(values: readonly number[], periods: readonly number[]): State {
  const left = [...values];
  const shortest = periods[0] ?? 1;
  const level = mean(values.slice(0, 2 * (periods.at(-1) ?? shortest)));
  for (let t = 0; t < left.length; t++) left[t] = at(left, t) - level;
  const seasons = periods.map(period => {
    const cycles = Math.max(1, Math.min(4, Math.floor(left.length / period)));
    const figures = Array.from({ length: period }, (_, place) =>
      mean(Array.from({ length: cycles }, (_, c) => at(left, c * period + place))),
    );
    const centre = mean(figures);
    const centred = figures.map(f => f - centre);
    for (let t = 0; t < left.length; t++) left[t] = at(left, t) - at(centred, t % period);
    return centred;
  });
  return { level, slope: 0, seasons };
}

function run(
  values: readonly number[],
  start: State,
  p: Parameters,
  periods: readonly number[],
  fitted?: number[],
) {
  let { level, slope } = start;
  const seasons = start.seasons.map(s => [...s]);
  let carried = 0;
  let sse = 0;
  const warm = Math.min(periods.at(-1) ?? 0, Math.floor(values.length / 3));
  for (let t = 0; t < values.length; t++) {
    let expected = level + p.phi * slope;
    for (let i = 0; i < periods.length; i++) expected += seasons[i]?.[t % (periods[i] ?? 1)] ?? 0;
    const raw = (values[t] ?? 0) - expected;
    const error = raw - p.rho * carried;
    if (t >= warm) sse += error * error;
    fitted?.push(expected + p.rho * carried);
    level += p.phi * slope + p.alpha * error;
    slope = p.phi * slope + p.beta * error;
    for (let i = 0; i < periods.length; i++) {
      const season = seasons[i];
      const place = t % (periods[i] ?? 1);
      if (season) season[place] = (season[place] ?? 0) + (p.gammas[i] ?? 0) * error;
    }
    carried = raw;
  }
  return { sse, level, slope, seasons, carried };
}

export function fitSeasons(history: readonly number[], shape: SeasonsShape): Fit | null {
  const { periods } = shape;
  const longest = periods.at(-1) ?? 1;
  if (periods.length === 0 || history.length < 2 * longest + 2) return null;
  const logs = history.every(y => y > 0);
  const values = logs ? history.map(Math.log) : [...history];
  const start = startOf(values, periods);
  const k = shape.damped ? 4 : 2;
  const parametersOf = (x: readonly number[]): Parameters => ({
    alpha: at(x, 0),
    rho: at(x, 1),
    beta: shape.damped ? at(x, 2) : 0,
    phi: shape.damped ? at(x, 3) : 0,
    gammas: periods.map((_, i) => at(x, k + i)),
  });
  const bounds = [
    { start: 0.05, low: 0.0001, high: 0.9 },
    { start: 0.6, low: 0, high: 0.98 },
    ...(shape.damped
      ? [
          { start: 0.002, low: 0, high: 0.2 },
          { start: 0.9, low: 0.5, high: 0.98 },
        ]
      : []),
    ...periods.map(() => ({ start: 0.15, low: 0.0001, high: 0.7 })),
  ];
  const best = parametersOf(
    minimise(x => run(values, start, parametersOf(x), periods).sse, bounds, 60 * bounds.length),
  );
  const fitted: number[] = [];
  const end = run(values, start, best, periods, fitted);
  if (!Number.isFinite(end.sse)) return null;
  const back = logs ? Math.exp : (x: number) => x;
  const n = history.length;
  return {
    fitted: fitted.map(back),
    forecast: horizon => {
      let damp = 0;
      return Array.from({ length: horizon }, (_, h) => {
        damp += best.phi ** (h + 1);
        const season = periods.reduce((sum, period, i) => sum + (end.seasons[i]?.[(n + h) % period] ?? 0), 0);
        return back(end.level + damp * end.slope + season + best.rho ** (h + 1) * end.carried);
      });
    },
  };
}

/** Where there is one season only, `ets` is the better known form of the same. */
export const seasonsModel: Model = {
  name: 'seasons',
  fit: (history, { periods }) => (periods.length < 2 ? null : fitSeasons(history, { periods, damped: true })),
};
