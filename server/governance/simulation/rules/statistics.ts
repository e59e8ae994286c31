import { fTail, logGamma, normalTail } from './distributions.ts';

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
export const mean = (values: readonly number[]) => sum(values) / values.length;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface RankTest {
  /** U of the first sample: how often one of its values is the greater, ties counted half. */
  u: number;
  p: number;
  /** Cliff's delta, from -1 (the second is always greater) to 1. */
  delta: number;
}

/** Mann and Whitney, two-sided, normal approximation with correction for ties and continuity. */
export function mannWhitney(x: readonly number[], y: readonly number[]): RankTest {
  const [n, m] = [x.length, y.length];
  const all = [...x.map(v => ({ v, first: true })), ...y.map(v => ({ v, first: false }))].sort(
    (a, b) => a.v - b.v,
  );
  let ranks = 0;
  let ties = 0;
  for (let i = 0; i < all.length; ) {
    let j = i;
    while (j < all.length && all[j]?.v === all[i]?.v) j++;
    const size = j - i;
    const rank = (i + 1 + j) / 2;
    for (let k = i; k < j; k++) if (all[k]?.first) ranks += rank;
    ties += size ** 3 - size;
    i = j;
  }
  const u = ranks - (n * (n + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  const delta = (2 * u) / (n * m) - 1;
  if (!(variance > 0)) return { u, p: 1, delta };
  const away = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return { u, p: Math.min(1, 2 * normalTail(away / Math.sqrt(variance))), delta };
}

/** The smallest two-sided p that samples of these sizes can give at all: when one lies wholly above the other. */
export const smallestP = (n: number, m: number): number =>
  2 * Math.exp(logGamma(n + 1) + logGamma(m + 1) - logGamma(n + m + 1));

/** Brown and Forsythe: analysis of variance of the distances from each sample's median. */
export function brownForsythe(...samples: readonly (readonly number[])[]): { f: number; p: number } {
  const away = samples.map(s => {
    const centre = median(s);
    return s.map(v => Math.abs(v - centre));
  });
  const k = away.length;
  const total = away.reduce((n, s) => n + s.length, 0);
  const grand = mean(away.flat());
  const between = sum(away.map(s => s.length * (mean(s) - grand) ** 2)) / (k - 1);
  const within = sum(away.map(s => sum(s.map(v => (v - mean(s)) ** 2)))) / (total - k);
  if (within === 0) return between === 0 ? { f: 0, p: 1 } : { f: Number.POSITIVE_INFINITY, p: 0 };
  const f = between / within;
  return { f, p: fTail(f, k - 1, total - k) };
}

const logChoose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/** Fisher's exact test, two-sided: all tables with these margins that are no likelier than this one. */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  const [row, column, total] = [a + b, a + c, a + b + c + d];
  const probability = (x: number) =>
    Math.exp(logChoose(row, x) + logChoose(total - row, column - x) - logChoose(total, column));
  const own = probability(a) * (1 + 1e-7);
  let p = 0;
  for (let x = Math.max(0, row + column - total); x <= Math.min(row, column); x++) {
    const q = probability(x);
    if (q <= own) p += q;
  }
  return Math.min(1, p);
}

/** Holm's step-down correction: adjusted p-values in the order they were given. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(ps.length).fill(1);
  let last = 0;
  order.forEach(({ p, i }, rank) => {
    last = Math.max(last, Math.min(1, p * (ps.length - rank)));
    adjusted[i] = last;
  });
  return adjusted;
}

/** Upper end of Wilson's interval for a share; 1 where nothing was tried. */
export function wilsonUpper(hits: number, tries: number, z = 1.645): number {
  if (tries === 0) return 1;
  const share = hits / tries;
  const centre = share + (z * z) / (2 * tries);
  const spread = z * Math.sqrt((share * (1 - share)) / tries + (z * z) / (4 * tries * tries));
  return Math.min(1, (centre + spread) / (1 + (z * z) / tries));
}
