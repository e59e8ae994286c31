/** Use of what a service has, 0 to 1 and beyond; null where no sample was taken. */
export interface UsagePoint {
  t: number;
  cpu: number | null;
  memory: number | null;
}

export interface UsageHistory {
  points: readonly UsagePoint[];
  stepMs: number;
  /** When replicas began anew: what is used then is a peak of its own. */
  starts: readonly number[];
}

export interface Size {
  /** Share of what it has today. */
  cpu: number;
  memory: number;
  throttled: number;
  outOfMemory: number;
}

export type Rightsizing =
  | { verdict: 'refused'; reason: string; days: number; coverage: number }
  | {
      verdict: 'smaller' | 'fits' | 'larger';
      days: number;
      coverage: number;
      /** The least that kept its promises in the replay, and the careful choice. */
      low: Size;
      high: Size;
      now: Size;
      startupPeak: number | null;
      outOfMemoryEvents: number;
    };

const dayMs = 86_400_000;
export const leastDays = 3;
const leastCoverage = 0.6;
const halfLifeMs = dayMs;
const startupMs = 10 * 60_000;
const firstBucket = 0.005;
const growth = 1.05;
/** A replica that was killed for memory wanted more than it had. */
const afterOutOfMemory = 1.2;

/** Weights halve each day: what was used last week counts, and counts less (after the Kubernetes autoscaler's histograms). */
export class DecayingHistogram {
  private readonly buckets = new Map<number, number>();
  private total = 0;
  private readonly now: number;
  constructor(now: number) {
    this.now = now;
  }
  add(value: number, t: number): void {
    const weight = 0.5 ** ((this.now - t) / halfLifeMs);
    const bucket =
      value <= firstBucket ? 0 : 1 + Math.floor(Math.log(value / firstBucket) / Math.log(growth));
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + weight);
    this.total += weight;
  }
  /** Upper edge of the bucket that holds the quantile: never less than what was seen. */
  quantile(q: number): number {
    let sum = 0;
    for (const [bucket, weight] of [...this.buckets].sort(([a], [b]) => a - b)) {
      sum += weight;
      if (sum >= q * this.total - 1e-12) return firstBucket * growth ** bucket;
    }
    return 0;
  }
  /** The share of time, by weight, in which more than this was used. */
  above(limit: number): number {
    let over = 0;
    for (const [bucket, weight] of this.buckets)
      if (firstBucket * growth ** (bucket - 0.5) > limit) over += weight;
    return this.total === 0 ? 0 : over / this.total;
  }
}

/**
 * How large a service would have to be: the history is replayed at each size, and the share of time it would have been
 * throttled and the share of days it would have run out of memory are counted. Too short a history is no answer.
 */
export function rightsize(history: UsageHistory, now: number): Rightsizing {
  const { points, starts, stepMs } = history;
  const seen = points.filter(p => p.cpu !== null && p.memory !== null);
  const first = seen[0]?.t ?? now;
  const days = Math.max(0, (now - first) / dayMs);
  const coverage = days === 0 ? 0 : Math.min(1, seen.length / Math.max(1, (days * dayMs) / stepMs));
  const refused = (reason: string): Rightsizing => ({ verdict: 'refused', reason, days, coverage });
  if (days < leastDays)
    return refused(
      `Its history is ${days.toFixed(1)} days long; ${leastDays} are needed, so that a week-day's peak is in it.`,
    );
  if (coverage < leastCoverage)
    return refused(
      `Only ${Math.round(coverage * 100)} % of the samples are there; a peak may lie in the gaps.`,
    );
  const starting = (t: number) => starts.some(s => t >= s && t < s + startupMs);
  const cpu = new DecayingHistogram(now);
  const peaks = new Map<number, number>();
  let startupPeak: number | null = null;
  let outOfMemoryEvents = 0;
  for (const { t, cpu: c, memory: m } of points) {
    if (c === null || m === null) continue;
    if (starting(t)) startupPeak = Math.max(startupPeak ?? 0, c);
    else cpu.add(c, t);
    const killed = m >= 1;
    if (killed) outOfMemoryEvents++;
    const day = Math.floor(t / dayMs);
    peaks.set(day, Math.max(peaks.get(day) ?? 0, killed ? m * afterOutOfMemory : m));
  }
  const memory = [...peaks.values()].sort((a, b) => a - b);
  const sizeOf = (c: number, m: number): Size => ({
    cpu: round(c),
    memory: round(m),
    throttled: cpu.above(c),
    outOfMemory: memory.filter(peak => peak > m).length / Math.max(1, memory.length),
  });
  const most = memory.at(-1) ?? 0;
  const usual = memory[Math.floor((memory.length - 1) * 0.9)] ?? 0;
  // A start that is throttled takes longer, but ends; it only has to fit the careful size.
  const low = sizeOf(cpu.quantile(0.95), usual * 1.05);
  const high = sizeOf(Math.max(cpu.quantile(0.995) * 1.15, startupPeak ?? 0), most * 1.15);
  const present = sizeOf(1, 1);
  const verdict =
    low.cpu > 1 || low.memory > 1 || present.outOfMemory > 0
      ? 'larger'
      : high.cpu < 0.8 && high.memory < 0.9
        ? 'smaller'
        : 'fits';
  return { verdict, days, coverage, low, high, now: present, startupPeak, outOfMemoryEvents };
}

const round = (value: number) => Math.round(value * 1000) / 1000;
