import { isSeasonal, seasonalIndices } from './decompose.ts';
import { fitEts } from './ets.ts';
import { at, type Fit, type Model, mean } from './model.ts';

/**
 * The classic Theta method (Assimakopoulos and Nikolopoulos, 2000), as the M4 competition's benchmark: half a straight
 * line, half simple smoothing of the line that bends twice as much, on seasonally adjusted values.
 */
export function fitTheta(history: readonly number[], period: number): Fit | null {
  const n = history.length;
  if (n < 4) return null;
  const seasonal = isSeasonal(history, period);
  const positive = history.every(y => y > 0);
  const kind = positive ? 'multiplicative' : 'additive';
  const figures = seasonal ? seasonalIndices(history, period, kind) : [];
  const undo = (value: number, t: number) =>
    !seasonal ? value : positive ? value * at(figures, t % period) : value + at(figures, t % period);
  const adjusted = history.map((y, t) =>
    !seasonal ? y : positive ? y / at(figures, t % period) : y - at(figures, t % period),
  );
  const middle = (n - 1) / 2;
  const slope =
    adjusted.reduce((sum, y, t) => sum + (t - middle) * y, 0) /
    adjusted.reduce((sum, _, t) => sum + (t - middle) ** 2, 0);
  const centre = mean(adjusted);
  const line = (t: number) => centre + slope * (t - middle);
  const bent = adjusted.map((y, t) => 2 * y - line(t));
  const smooth = fitEts(bent, { trend: 'none', season: 'none', period: 1 });
  if (!smooth) return null;
  const floor = positive ? 0 : Number.NEGATIVE_INFINITY;
  return {
    fitted: adjusted.map((_, t) => undo((line(t) + at(smooth.fitted, t)) / 2, t)),
    forecast: horizon =>
      smooth.forecast(horizon).map((level, h) => undo(Math.max(floor, (line(n + h) + level) / 2), n + h)),
  };
}

export const thetaModel: Model = {
  name: 'theta',
  fit: (history, { periods }) => fitTheta(history, periods[0] ?? 1),
};
