import { at } from './model.ts';

/** Ridge regression by Cholesky: rows of features, one penalty for each; the caller centres what should stay free. */
export function ridge(
  rows: readonly (readonly number[])[],
  target: readonly number[],
  penalties: readonly number[],
  weights?: readonly number[],
): number[] | null {
  const k = penalties.length;
  const gram = new Float64Array(k * k);
  const moment = new Float64Array(k);
  for (const [r, row] of rows.entries()) {
    const w = weights ? at(weights, r) : 1;
    const y = at(target, r);
    for (let i = 0; i < k; i++) {
      const a = (row[i] ?? 0) * w;
      if (a === 0) continue;
      moment[i] = (moment[i] ?? 0) + a * y;
      for (let j = 0; j <= i; j++) gram[i * k + j] = (gram[i * k + j] ?? 0) + a * (row[j] ?? 0);
    }
  }
  for (let i = 0; i < k; i++) gram[i * k + i] = (gram[i * k + i] ?? 0) + at(penalties, i) + 1e-9;
  return solved(gram, moment, k);
}

function solved(gram: Float64Array, moment: Float64Array, k: number): number[] | null {
  for (let i = 0; i < k; i++)
    for (let j = 0; j <= i; j++) {
      let sum = gram[i * k + j] ?? 0;
      for (let m = 0; m < j; m++) sum -= (gram[i * k + m] ?? 0) * (gram[j * k + m] ?? 0);
      if (i === j) {
        if (!(sum > 0)) return null;
        gram[i * k + i] = Math.sqrt(sum);
      } else gram[i * k + j] = sum / (gram[j * k + j] ?? 1);
    }
  const x = Array.from(moment);
  for (let i = 0; i < k; i++) {
    for (let m = 0; m < i; m++) x[i] = at(x, i) - (gram[i * k + m] ?? 0) * at(x, m);
    x[i] = at(x, i) / (gram[i * k + i] ?? 1);
  }
  for (let i = k - 1; i >= 0; i--) {
    for (let m = i + 1; m < k; m++) x[i] = at(x, i) - (gram[m * k + i] ?? 0) * at(x, m);
    x[i] = at(x, i) / (gram[i * k + i] ?? 1);
  }
  return x;
}
