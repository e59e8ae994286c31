/** One step of a rising staircase: raw scores from here on mean this probability. */
export interface Knot {
  from: number;
  probability: number;
}

export interface Outcome {
  score: number;
  outcome: boolean;
}

/**
 * Isotonic regression by pooling adjacent violators: the best rising staircase through the outcomes. Each pool is drawn
 * towards the base rate by two outcomes' weight, so that few of them never claim certainty.
 */
export function isotonic(outcomes: readonly Outcome[]): Knot[] {
  const sorted = outcomes.toSorted((a, b) => a.score - b.score);
  if (sorted.length === 0) return [];
  const base = sorted.filter(o => o.outcome).length / sorted.length;
  const pools: { from: number; hits: number; size: number }[] = [];
  for (const { score, outcome } of sorted) {
    const last = pools.at(-1);
    // Equal scores cannot mean different things.
    if (last && last.from === score) {
      last.hits += outcome ? 1 : 0;
      last.size += 1;
    } else pools.push({ from: score, hits: outcome ? 1 : 0, size: 1 });
  }
  const merged: typeof pools = [];
  for (const pool of pools) {
    merged.push({ ...pool });
    for (;;) {
      const right = merged.at(-1);
      const left = merged.at(-2);
      if (!left || !right || left.hits / left.size < right.hits / right.size) break;
      merged.splice(-2, 2, { from: left.from, hits: left.hits + right.hits, size: left.size + right.size });
    }
  }
  return risen(merged.map(({ from, hits, size }) => ({ from, probability: (hits + 2 * base) / (size + 2) })));
}

/** Drawing pools of unequal size to the base rate may lower a step again: it then takes the one before it. */
const risen = (knots: Knot[]): Knot[] => {
  let highest = 0;
  return knots.map(knot => {
    highest = Math.max(highest, knot.probability);
    return { from: knot.from, probability: highest };
  });
};

export function probabilityOf(knots: readonly Knot[], score: number): number {
  let low = 0;
  let high = knots.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((knots[middle]?.from ?? 0) <= score) low = middle;
    else high = middle - 1;
  }
  return knots[low]?.probability ?? 0;
}

export interface Predicted {
  probability: number;
  outcome: boolean;
}

export const brier = (predicted: readonly Predicted[]): number =>
  predicted.length === 0
    ? 0
    : predicted.reduce((sum, p) => sum + (p.probability - (p.outcome ? 1 : 0)) ** 2, 0) / predicted.length;

export interface Bin {
  from: number;
  to: number;
  count: number;
  /** Mean of what was said, and share of what was so. */
  said: number;
  happened: number;
}

/** Data of the reliability diagram: ten equal bins; an honest forecaster's points lie on the diagonal. */
export function reliability(predicted: readonly Predicted[], bins = 10): Bin[] {
  return Array.from({ length: bins }, (_, i) => {
    const [from, to] = [i / bins, (i + 1) / bins];
    const inside = predicted.filter(
      p => p.probability >= from && (p.probability < to || (i === bins - 1 && p.probability <= 1)),
    );
    const mean = (values: number[]) =>
      values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
    return {
      from,
      to,
      count: inside.length,
      said: mean(inside.map(p => p.probability)),
      happened: mean(inside.map(p => (p.outcome ? 1 : 0))),
    };
  });
}

/** Expected calibration error: how far the points lie from the diagonal, weighed by how many there are. */
export const calibrationError = (bins: readonly Bin[]): number => {
  const all = bins.reduce((sum, bin) => sum + bin.count, 0);
  return all === 0
    ? 0
    : bins.reduce((sum, bin) => sum + (bin.count / all) * Math.abs(bin.said - bin.happened), 0);
};
