import { mase, smape } from './accuracy.ts';
import { at, type Model, type ModelName, mean, type Season } from './model.ts';

/** What one model would have said, again and again, from earlier days on: never from what it could not know. */
export interface Backtest {
  model: ModelName;
  origins: readonly number[];
  forecasts: readonly (readonly number[])[];
  /** Actual less forecast, by origin and step. */
  errors: readonly (readonly number[])[];
  mase: number | null;
  smape: number;
}

/** Rolling origins, the last ones first needed: as many as the history allows without leaving too little to learn from. */
export function originsOf(length: number, horizon: number, shortest: number, most: number): number[] {
  const latest = length - Math.min(horizon, Math.max(1, length - shortest));
  const count = Math.max(0, Math.min(most, latest - shortest + 1));
  const step = count <= 1 ? 1 : Math.max(1, Math.floor((latest - shortest) / (most - 1)));
  return Array.from({ length: count }, (_, i) => latest - i * step)
    .filter(origin => origin >= shortest)
    .reverse();
}

export function backtest(
  model: Model,
  history: readonly number[],
  season: Season,
  horizon: number,
  origins: readonly number[],
): Backtest | null {
  const forecasts: number[][] = [];
  const errors: number[][] = [];
  const scaled: number[] = [];
  const relative: number[] = [];
  for (const origin of origins) {
    const known = history.slice(0, origin);
    const actual = history.slice(origin, origin + horizon);
    const forecast = model.fit(known, season)?.forecast(actual.length);
    if (!forecast || forecast.some(value => !Number.isFinite(value))) return null;
    forecasts.push(forecast);
    errors.push(actual.map((y, h) => y - at(forecast, h)));
    relative.push(smape(actual, forecast));
    const one = mase(known, actual, forecast, season.periods[0] ?? 1);
    if (one !== null) scaled.push(one);
  }
  if (origins.length === 0) return null;
  return {
    model: model.name,
    origins,
    forecasts,
    errors,
    mase: scaled.length > 0 ? mean(scaled) : null,
    smape: mean(relative),
  };
}
