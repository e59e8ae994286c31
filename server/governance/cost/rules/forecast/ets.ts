import { isSeasonal, seasonalIndices } from './decompose.ts';
import { at, type Fit, type Model, mean } from './model.ts';
import { type Bound, minimise } from './optimise.ts';

/** Exponential smoothing in its error-correction form (Hyndman et al., 2008), with additive errors. */
export interface EtsShape {
  trend: 'none' | 'additive' | 'damped';
  season: 'none' | 'additive' | 'multiplicative';
  period: number;
}

export interface EtsParameters {
  alpha: number;
  beta: number;
  gamma: number;
  phi: number;
  level: number;
  slope: number;
  /** One for each place in the period, beginning with the first value's. */
  seasons: number[];
}

export interface EtsFit extends Fit {
  shape: EtsShape;
  parameters: EtsParameters;
  sse: number;
  aicc: number;
}

interface Run {
  sse: number;
  fitted: number[];
  level: number;
  slope: number;
  seasons: number[];
}

function run(history: readonly number[], shape: EtsShape, p: EtsParameters, keep: boolean): Run {
  let { level, slope } = p;
  const seasons = [...p.seasons];
  const fitted: number[] = [];
  let sse = 0;
  const { period } = shape;
  for (let t = 0; t < history.length; t++) {
    const place = t % period;
    const base = level + p.phi * slope;
    const s = shape.season === 'none' ? 0 : at(seasons, place);
    const expected = shape.season === 'multiplicative' ? base * s : base + s;
    const error = at(history, t) - expected;
    sse += error * error;
    if (keep) fitted.push(expected);
    const part = shape.season === 'multiplicative' ? error / s : error;
    level = base + p.alpha * part;
    slope = p.phi * slope + p.beta * part;
    if (shape.season === 'additive') seasons[place] = s + p.gamma * error;
    else if (shape.season === 'multiplicative') seasons[place] = s + (p.gamma * error) / base;
  }
  return { sse, fitted, level, slope, seasons };
}

function startOf(history: readonly number[], shape: EtsShape): EtsParameters {
  const { period, season } = shape;
  const seasons =
    season === 'none'
      ? []
      : seasonalIndices(history, period, season === 'additive' ? 'additive' : 'multiplicative');
  const adjusted = history.map((y, t) =>
    season === 'none' ? y : season === 'additive' ? y - at(seasons, t % period) : y / at(seasons, t % period),
  );
  const head = adjusted.slice(0, Math.max(10, 2 * period));
  const middle = (head.length - 1) / 2;
  const rise =
    head.reduce((sum, y, t) => sum + (t - middle) * y, 0) /
    head.reduce((sum, _, t) => sum + (t - middle) ** 2, 0);
  const slope = shape.trend === 'none' ? 0 : rise;
  return {
    alpha: 0.3,
    beta: shape.trend === 'none' ? 0 : 0.03,
    gamma: season === 'none' ? 0 : 0.1,
    phi: shape.trend === 'damped' ? 0.95 : shape.trend === 'none' ? 0 : 1,
    level: mean(head) - slope * (middle + 1),
    slope,
    seasons,
  };
}

/** Beginning states are fitted too where they are few; longer seasons begin as the decomposition found them. */
const freeStates = 6;

export function fitEts(history: readonly number[], shape: EtsShape): EtsFit | null {
  const { trend, season, period } = shape;
  if (history.length < (season === 'none' ? 4 : 2 * period + 2)) return null;
  if (season === 'multiplicative' && history.some(y => y <= 0)) return null;
  const start = startOf(history, shape);
  const spread = Math.max(...history) - Math.min(...history) || Math.abs(at(history, 0)) || 1;
  const bounds: Bound[] = [{ start: start.alpha, low: 0.0001, high: 0.9999 }];
  const sets: ((p: EtsParameters, x: number) => void)[] = [
    (p, x) => {
      p.alpha = x;
    },
  ];
  const free = (bound: Bound, set: (p: EtsParameters, x: number) => void) => {
    bounds.push(bound);
    sets.push(set);
  };
  if (trend !== 'none')
    free({ start: start.beta, low: 0.0001, high: 0.9999 }, (p, x) => {
      p.beta = x;
    });
  if (season !== 'none')
    free({ start: start.gamma, low: 0.0001, high: 0.9999 }, (p, x) => {
      p.gamma = x;
    });
  if (trend === 'damped')
    free({ start: 0.95, low: 0.8, high: 0.98 }, (p, x) => {
      p.phi = x;
    });
  const states = 1 + (trend === 'none' ? 0 : 1) + (season === 'none' ? 0 : period - 1);
  if (states <= freeStates) {
    free({ start: start.level, low: start.level - 2 * spread, high: start.level + 2 * spread }, (p, x) => {
      p.level = x;
    });
    if (trend !== 'none')
      free({ start: start.slope, low: start.slope - spread, high: start.slope + spread }, (p, x) => {
        p.slope = x;
      });
    const width = season === 'multiplicative' ? 1 : spread;
    if (season !== 'none')
      for (let i = 1; i < period; i++) {
        const s = at(start.seasons, i);
        free({ start: s, low: s - width, high: s + width }, (p, x) => {
          p.seasons[i] = x;
        });
      }
  }
  const parametersOf = (x: readonly number[]): EtsParameters => {
    const p = { ...start, seasons: [...start.seasons] };
    for (const [i, set] of sets.entries()) set(p, at(x, i));
    // The first figure follows from the others, so that level and season cannot drift apart.
    if (season !== 'none' && states <= freeStates) {
      const others = p.seasons.slice(1).reduce((a, b) => a + b, 0);
      p.seasons[0] = season === 'additive' ? -others : period - others;
    }
    return p;
  };
  // Usual region: the trend moves no faster than the level, the season no faster than what the level leaves.
  const admissible = (p: EtsParameters) => p.beta <= p.alpha && p.gamma <= 1 - p.alpha;
  const cost = (x: readonly number[]) => {
    const p = parametersOf(x);
    return admissible(p) ? run(history, shape, p, false).sse : Number.MAX_VALUE;
  };
  const parameters = parametersOf(minimise(cost, bounds, 150 * bounds.length + 200));
  const end = run(history, shape, parameters, true);
  if (!Number.isFinite(end.sse)) return null;
  const n = history.length;
  const k = bounds.length + 1 + (states <= freeStates ? 0 : states);
  const aic = n * Math.log(end.sse / n + 1e-300) + 2 * k;
  return {
    shape,
    parameters,
    sse: end.sse,
    aicc: n - k - 1 > 0 ? aic + (2 * k * (k + 1)) / (n - k - 1) : Number.POSITIVE_INFINITY,
    fitted: end.fitted,
    forecast: horizon => {
      let damp = 0;
      return Array.from({ length: horizon }, (_, h) => {
        damp += parameters.phi ** (h + 1);
        const base = end.level + (trend === 'none' ? 0 : damp * end.slope);
        const s = at(end.seasons, (n + h) % period);
        return season === 'none' ? base : season === 'additive' ? base + s : base * s;
      });
    },
  };
}

/** The shape by corrected AIC, as R's `ets` chooses; a season is only tried where one is seen. */
export const etsModel: Model = {
  name: 'ets',
  fit: (history, { periods }) => {
    const period = periods[0] ?? 1;
    const seasonal = isSeasonal(history, period);
    const fits = (['none', 'additive', 'damped'] as const).flatMap(trend =>
      (seasonal ? (['additive', 'multiplicative'] as const) : (['none'] as const)).flatMap(season => {
        const fit = fitEts(history, { trend, season, period: season === 'none' ? 1 : period });
        return fit ? [fit] : [];
      }),
    );
    return fits.reduce<EtsFit | null>(
      (best, fit) => (best === null || fit.aicc < best.aicc ? fit : best),
      null,
    );
  },
};
