import { type Backtest, backtest, originsOf } from './backtest.ts';
import { calendarModel } from './calendar.ts';
import { etsModel } from './ets.ts';
import { coverageOf, quantileFor, spreadOf } from './interval.ts';
import { at, type Model, type ModelName, mean, type Season } from './model.ts';
import { seasonalNaiveModel } from './naive.ts';
import { seasonalArModel } from './seasonal-ar.ts';
import { seasonsModel } from './seasons-ets.ts';
import { thetaModel } from './theta.ts';

export const allModels: readonly Model[] = [
  seasonalNaiveModel,
  etsModel,
  seasonsModel,
  thetaModel,
  calendarModel,
  seasonalArModel,
];

export interface Judged {
  model: ModelName;
  mase: number | null;
  smape: number;
  coverage80: number | null;
  coverage95: number | null;
}

export interface ForecastPoint {
  value: number;
  low80: number;
  high80: number;
  low95: number;
  high95: number;
}

export interface Forecast {
  model: ModelName;
  /** What the combination is the mean of; the model alone else. */
  members: ModelName[];
  origins: number;
  accuracy: Judged;
  /** All that were tried, best first. */
  tried: Judged[];
  points: ForecastPoint[];
}

export interface ChooseOptions {
  models?: readonly Model[];
  origins?: number;
  /** Values below are impossible: costs are not, credits aside, below nothing. */
  floor?: number;
}

/** Fewer values than this are no history. */
export const shortestHistory = 8;
const combined = 3;

/**
 * Every model is asked again and again from earlier days on; the one that was least wrong is asked once more for what
 * comes. The mean of the best three is one of the candidates. Null where the history is too short to judge anything.
 */
export function chooseForecast(
  history: readonly number[],
  season: Season,
  horizon: number,
  options: ChooseOptions = {},
): Forecast | null {
  const { models = allModels, origins: most = 8, floor } = options;
  const longest = season.periods.at(-1) ?? 1;
  const shortest = Math.max(shortestHistory, Math.min(2 * longest + 2, Math.floor(history.length * 0.6)));
  const reach = Math.min(horizon, Math.max(1, Math.floor(history.length / 4)));
  if (history.length < shortest + 1) return null;
  const origins = originsOf(history.length, reach, shortest, most);
  const tests = models.flatMap(model => backtest(model, history, season, reach, origins) ?? []);
  if (tests.length === 0) return null;
  const ranked = tests.toSorted((a, b) => worth(a) - worth(b));
  const best = ranked.slice(0, combined);
  const all =
    best.length > 1
      ? [...ranked, combine(best, history, season)].sort((a, b) => worth(a) - worth(b))
      : ranked;
  const winner = all[0];
  if (!winner) return null;
  const members = winner.model === 'combination' ? best.map(test => test.model) : [winner.model];
  const forecasts = members.flatMap(name => {
    const found = models
      .find(model => model.name === name)
      ?.fit(history, season)
      ?.forecast(horizon);
    return found?.every(Number.isFinite) ? [found] : [];
  });
  if (forecasts.length !== members.length) return null;
  const spread = spreadOf(winner.errors, horizon);
  const [q80, q95] = [quantileFor(0.8, origins.length), quantileFor(0.95, origins.length)];
  const held = (value: number) => (floor === undefined ? value : Math.max(floor, value));
  const judged = all.map(judge);
  return {
    model: winner.model,
    members,
    origins: origins.length,
    accuracy: judge(winner),
    tried: judged,
    points: Array.from({ length: horizon }, (_, h) => {
      const value = held(mean(forecasts.map(f => at(f, h))));
      const s = at(spread, h);
      return {
        value,
        low80: held(value - q80 * s),
        high80: value + q80 * s,
        low95: held(value - q95 * s),
        high95: value + q95 * s,
      };
    }),
  };
}

const worth = (test: Backtest) => test.mase ?? test.smape;

const judge = (test: Backtest): Judged => ({
  model: test.model,
  mase: test.mase,
  smape: test.smape,
  coverage80: coverageOf(test.errors, 0.8),
  coverage95: coverageOf(test.errors, 0.95),
});

/** The mean of what several said, judged by the same origins. */
function combine(tests: readonly Backtest[], history: readonly number[], season: Season): Backtest {
  const [first] = tests;
  const origins = first?.origins ?? [];
  const forecasts = origins.map((_, o) =>
    (first?.forecasts[o] ?? []).map((_, h) => mean(tests.map(test => at(test.forecasts[o] ?? [], h)))),
  );
  const told: Model = {
    name: 'combination',
    fit: known => {
      const said = forecasts[origins.indexOf(known.length)];
      return said ? { fitted: [], forecast: () => said } : null;
    },
  };
  const found = backtest(told, history, season, Math.max(0, ...forecasts.map(f => f.length)), origins);
  return found ?? { ...(first as Backtest), model: 'combination' };
}
