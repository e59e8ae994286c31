export interface Bound {
  start: number;
  low: number;
  high: number;
}

/**
 * Nelder and Mead's simplex (1965), within bounds: a step outside is taken back to the edge. Deterministic, no derivatives;
 * begun once more from where it stopped, since a simplex may collapse early.
 */
export function minimise(
  cost: (x: readonly number[]) => number,
  bounds: readonly Bound[],
  steps = 400,
): number[] {
  const inside = (x: number[]) =>
    x.map((value, i) => Math.min(bounds[i]?.high ?? value, Math.max(bounds[i]?.low ?? value, value)));
  const worth = (x: number[]) => {
    const value = cost(x);
    return Number.isFinite(value) ? value : Number.MAX_VALUE;
  };
  let best = bounds.map(b => b.start);
  for (let round = 0; round < 2; round++) best = simplex(worth, best, bounds, inside, Math.ceil(steps / 2));
  return best;
}

function simplex(
  worth: (x: number[]) => number,
  from: number[],
  bounds: readonly Bound[],
  inside: (x: number[]) => number[],
  steps: number,
): number[] {
  const n = from.length;
  const points = [from, ...from.map((value, i) => moved(from, i, value, bounds[i]))].map(x => ({
    x,
    f: worth(x),
  }));
  const sort = () => points.sort((a, b) => a.f - b.f);
  sort();
  for (let step = 0; step < steps; step++) {
    const [first] = points;
    const worst = points[n];
    const second = points[n - 1];
    if (!first || !worst || !second) break;
    if (Math.abs(worst.f - first.f) <= 1e-10 * (Math.abs(first.f) + 1e-12)) break;
    const centre = from.map((_, i) => points.slice(0, n).reduce((sum, p) => sum + (p.x[i] ?? 0), 0) / n);
    const along = (t: number) => inside(centre.map((c, i) => c + t * ((worst.x[i] ?? 0) - c)));
    const reflected = along(-1);
    const f = worth(reflected);
    let next = { x: reflected, f };
    if (f < first.f) {
      const expanded = along(-2);
      const g = worth(expanded);
      if (g < f) next = { x: expanded, f: g };
    } else if (f >= second.f) {
      const contracted = along(f < worst.f ? -0.5 : 0.5);
      const g = worth(contracted);
      if (g >= Math.min(f, worst.f)) {
        for (const point of points.slice(1)) {
          point.x = inside(point.x.map((value, i) => ((first.x[i] ?? 0) + value) / 2));
          point.f = worth(point.x);
        }
        sort();
        continue;
      }
      next = { x: contracted, f: g };
    }
    points[n] = next;
    sort();
  }
  return points[0]?.x ?? from;
}

function moved(from: readonly number[], i: number, value: number, bound: Bound | undefined): number[] {
  const width = bound && Number.isFinite(bound.high - bound.low) ? (bound.high - bound.low) * 0.1 : 0;
  const by = width > 0 ? width : Math.max(1e-3, Math.abs(value) * 0.1);
  const x = [...from];
  x[i] = bound && value + by > bound.high ? value - by : value + by;
  return x;
}
