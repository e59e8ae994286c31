import { z } from 'zod';

/** What the console calls a metric, and how Prometheus is asked for it. Whoever reads series asks by these names. */
export const usualQueries = {
  cpu: 'atom_service_cpu_ratio',
  memory: 'atom_service_memory_ratio',
  rps: 'atom_service_requests_per_second',
  error_ratio: 'atom_service_error_ratio',
  latency_p95_ms: 'atom_service_latency_p95_milliseconds',
  replicas: 'atom_service_replicas',
} as const;
export type MetricName = keyof typeof usualQueries;
/** Of these the parts of a service add up; of all others the mean is taken. */
export const countedMetrics: readonly MetricName[] = ['rps', 'replicas'];
export const metricNames = Object.keys(usualQueries) as MetricName[];

export interface SeriesPoint {
  ts: string;
  value: number;
}

export interface MetricSample {
  tenantId: string;
  service: string;
  metric: string;
  /** Empty where its source names none. */
  region?: string;
  ts: Date;
  value: number;
  simulated: boolean;
}

export const seriesInput = z.strictObject({
  tenant: z.string().min(1).max(63),
  service: z.string().min(1).max(120),
  metric: z.string().min(1).max(63),
  /** Left out: all regions together, sums of what is counted and means of what is a share or a time. */
  region: z.string().max(63).optional(),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
});
export const seriesPoints = z.object({
  points: z.array(z.object({ ts: z.string(), value: z.number() })),
});
