import type { EvidenceEvent, Severity } from './evidence.ts';

export const signals = [
  'saturation',
  'surge',
  'latency',
  'errors',
  'memory',
  'crash',
  'deploy',
  'node',
  'region',
  'key',
  'policy',
  'cost',
  'idle',
] as const;
export type Signal = (typeof signals)[number];

/** A closed vocabulary: an event whose name is not here says nothing, whatever its message reads. */
const vocabulary: Record<Signal, readonly string[]> = {
  saturation: ['cpu_spike', 'cpu_high', 'high_cpu', 'cpu_saturation', 'cpu_throttled', 'saturation'],
  surge: ['traffic_surge', 'rps_spike', 'request_surge', 'queue_backlog', 'load_spike', 'rate_limited'],
  latency: ['latency_high', 'high_latency', 'slow_requests', 'latency_spike', 'slo_latency', 'timeout'],
  errors: [
    'error_rate_high',
    'high_error_rate',
    'error_spike',
    'errors_high',
    'http_5xx',
    'slo_errors',
    'exception',
  ],
  memory: [
    'memory_leak',
    'memory_high',
    'high_memory',
    'memory_growth',
    'memory_pressure',
    'gc_pressure',
    'oom_kill',
    'oom_killed',
    'oom',
  ],
  crash: ['crash_loop', 'container_crash', 'service_crash', 'process_exit', 'probe_failed', 'service_down'],
  deploy: ['deploy', 'deployed', 'deployment', 'release_deployed', 'rollout', 'bad_deploy'],
  node: ['node_not_ready', 'node_unhealthy', 'disk_failure', 'node_pressure', 'kernel_panic'],
  region: ['region_down', 'region_loss', 'region_unreachable', 'region_failed', 'zone_outage'],
  key: [
    'key_exposed',
    'credential_leak',
    'secret_leaked',
    'key_compromised',
    'vault_drift',
    'vault_version_drift',
    'key_drift',
  ],
  policy: ['policy_tamper', 'policy_drift', 'policy_mismatch', 'policy_hash_mismatch'],
  cost: ['cost_spike', 'budget_burn', 'cost_anomaly', 'budget_exceeded'],
  idle: ['cpu_idle', 'underutilised', 'low_utilisation', 'idle_capacity'],
};

const known = new Map<string, Signal>(
  signals.flatMap(signal => vocabulary[signal].map((name): [string, Signal] => [name, signal])),
);

/** `HighCpu`, `high-cpu` and `high.cpu` are one name. */
const canonicalName = (name: string): string =>
  name
    .slice(0, 80)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

export interface Sign {
  signal: Signal;
  /** The name as this file writes it; what the event wrote is never shown in a rationale. */
  name: string;
  event: EvidenceEvent;
  at: number;
  weight: number;
}

const bySeverity: Record<Severity, number> = {
  debug: 0.02,
  info: 0.08,
  low: 0.12,
  medium: 0.25,
  high: 0.45,
  critical: 0.6,
};

const halfLifeMinutes = 30;

/** What the events say, each with how much it counts: by severity, age, and whether it names the service of the risk. */
export function signsOf(
  events: readonly EvidenceEvent[],
  about: { service: string | null; now: string; windowMinutes: number; cited: ReadonlySet<string> },
): Sign[] {
  const now = Date.parse(about.now);
  return events.flatMap((event): Sign[] => {
    const name = canonicalName(event.event);
    const signal = known.get(name);
    const at = Date.parse(event.ts);
    if (!signal || !Number.isFinite(at) || at > now || event.attributes.status === 'resolved') return [];
    if (about.service !== null && event.service !== null && event.service !== about.service) return [];
    const cited = about.cited.has(event.id);
    const age = (now - at) / 60_000;
    if (age > about.windowMinutes && !cited) return [];
    const named = about.service === null || event.service === about.service ? 1 : 0.5;
    const weight = bySeverity[event.severity] * named * 0.5 ** (age / halfLifeMinutes) * (cited ? 1.25 : 1);
    return [{ signal, name, event, at, weight: Math.min(weight, 0.75) }];
  });
}

/** One kind of message, however often it is repeated, convinces only so far. */
const oneNameAtMost = 0.85;

/** Never less for one more sign; never certain. */
export function supportOf(signs: readonly Sign[], relevance: (signal: Signal) => number): number {
  const doubtByName = new Map<string, number>();
  for (const sign of signs) {
    const doubt = doubtByName.get(sign.name) ?? 1;
    doubtByName.set(sign.name, doubt * (1 - Math.min(sign.weight * relevance(sign.signal), 0.95)));
  }
  let doubt = 1;
  for (const left of doubtByName.values()) doubt *= 1 - Math.min(1 - left, oneNameAtMost);
  return 1 - doubt;
}
