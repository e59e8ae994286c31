export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
export const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;

export async function millis(times: number, act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < times; i++) await act();
  return (performance.now() - started) / times;
}

export interface Row {
  name: string;
  ours: number;
  limit: number;
  unit: string;
  ratio: number;
  aim: string;
}

/** The two in turn, round by round, so that a machine that drifts drifts for both; the median of the ratios counts. */
export async function beside(
  name: string,
  aim: string,
  times: number,
  ours: () => Promise<unknown>,
  limit: () => Promise<unknown>,
  rounds = 7,
): Promise<Row> {
  await millis(times, ours);
  await millis(times, limit);
  const pairs: [number, number][] = [];
  for (let i = 0; i < rounds; i++) pairs.push([await millis(times, ours), await millis(times, limit)]);
  return {
    name,
    ours: median(pairs.map(p => p[0])),
    limit: median(pairs.map(p => p[1])),
    unit: 'ms',
    ratio: median(pairs.map(([a, b]) => a / b)),
    aim,
  };
}
