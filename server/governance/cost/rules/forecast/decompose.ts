import { at, mean } from './model.ts';

/** A centred moving average over one period: both ends count half where the period is even. NaN at the edges. */
export function movingAverage(values: readonly number[], period: number): number[] {
  const half = Math.floor(period / 2);
  return values.map((_, t) => {
    if (t < half || t + half >= values.length) return Number.NaN;
    let sum = 0;
    for (let i = t - half; i <= t + half; i++) {
      const edge = period % 2 === 0 && (i === t - half || i === t + half);
      sum += at(values, i) * (edge ? 0.5 : 1);
    }
    return sum / period;
  });
}

/** Classical decomposition, as R's `decompose`: one figure for each place in the period, centred. */
export function seasonalIndices(
  values: readonly number[],
  period: number,
  kind: 'additive' | 'multiplicative',
): number[] {
  const trend = movingAverage(values, period);
  const figures = Array.from({ length: period }, (_, place) => {
    const found: number[] = [];
    for (let t = place; t < values.length; t += period) {
      const base = at(trend, t);
      if (!Number.isNaN(base)) found.push(kind === 'additive' ? at(values, t) - base : at(values, t) / base);
    }
    return mean(found);
  });
  const centre = mean(figures);
  return figures.map(figure => (kind === 'additive' ? figure - centre : figure / centre));
}

export function autocorrelation(values: readonly number[], most: number): number[] {
  const centre = mean(values);
  const deviations = values.map(v => v - centre);
  const variance = deviations.reduce((sum, d) => sum + d * d, 0);
  return Array.from({ length: most }, (_, i) => {
    let sum = 0;
    for (let t = i + 1; t < deviations.length; t++) sum += at(deviations, t) * at(deviations, t - i - 1);
    return variance === 0 ? 0 : sum / variance;
  });
}

/** The test of the M4 competition: is the autocorrelation at the period beyond what chance gives (90 %)? */
export function isSeasonal(values: readonly number[], period: number): boolean {
  if (period <= 1 || values.length < 3 * period) return false;
  const acf = autocorrelation(values, period);
  const before = acf.slice(0, period - 1).reduce((sum, r) => sum + 2 * r * r, 1);
  return Math.abs(at(acf, period - 1)) > (1.645 / Math.sqrt(values.length)) * Math.sqrt(before);
}
