import { at } from './model.ts';

/** Quantile of the standard normal (Acklam; error below 1.2e-9). */
export function normalQuantile(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ];
  const b = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572,
  ];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  const poly = (k: readonly number[], x: number) => k.reduce((sum, v) => sum * x + v, 0);
  if (p < 0.02425 || p > 1 - 0.02425) {
    const q = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
    const x = poly(c, q) / (poly(d, q) * q + 1);
    return p < 0.5 ? x : -x;
  }
  const q = p - 0.5;
  const r = q * q;
  return (poly(a, r) * q) / (poly(b, r) * r + 1);
}

/**
 * How far a forecast was off at each step, in the backtest: never narrower further out, and beyond what was tried it grows
 * with the square root of the distance.
 */
export function spreadOf(errors: readonly (readonly number[])[], horizon: number): number[] {
  const tried = Math.max(0, ...errors.map(e => e.length));
  const spread: number[] = [];
  let widest = 0;
  for (let h = 0; h < horizon; h++) {
    if (h >= tried) {
      spread.push(widest * Math.sqrt((h + 1) / Math.max(1, tried)));
      continue;
    }
    // Neighbouring steps speak for each other: few origins say little about one step alone.
    const found = errors.flatMap(e => e.slice(Math.max(0, h - 2), h + 3));
    const rms = Math.sqrt(found.reduce((sum, e) => sum + e * e, 0) / Math.max(1, found.length));
    widest = Math.max(widest, rms);
    spread.push(widest);
  }
  return spread;
}

/** Wider for few origins, as Student's t is: an estimate out of little is itself uncertain. */
export function quantileFor(level: number, samples: number): number {
  const z = normalQuantile((1 + level) / 2);
  const v = Math.max(2, samples - 1);
  return z + (z ** 3 + z) / (4 * v) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * v * v);
}

/** Each origin judged by intervals made of the others' errors: the share of what really came that lay within. */
export function coverageOf(errors: readonly (readonly number[])[], level: number): number | null {
  if (errors.length < 3) return null;
  let [inside, all] = [0, 0];
  for (const [i, judged] of errors.entries()) {
    const others = errors.filter((_, j) => j !== i);
    const spread = spreadOf(others, judged.length);
    const q = quantileFor(level, others.length);
    for (const [h, error] of judged.entries()) {
      all++;
      if (Math.abs(error) <= q * at(spread, h)) inside++;
    }
  }
  return all === 0 ? null : inside / all;
}
