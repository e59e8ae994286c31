import type { MetricName } from '#server/governance/observability/schema.ts';
import type { Dimension, Evidence } from './evidence.ts';
import { type Sign, type Signal, supportOf } from './signals.ts';

export const causeNames = [
  'overload',
  'memory-leak',
  'bad-deploy',
  'faulty-process',
  'bad-node',
  'region-loss',
  'exposed-key',
  'policy-drift',
  'overprovision',
] as const;
export type CauseName = (typeof causeNames)[number];

/** At or above `high` it agrees, at or below `low` it disagrees; or the other way round where it is not `rising`. */
export interface Gauge {
  metric: MetricName;
  reads: 'level' | 'growth';
  low: number;
  high: number;
  rising: boolean;
}

const level = (metric: MetricName, low: number, high: number, rising = true): Gauge => ({
  metric,
  reads: 'level',
  low,
  high,
  rising,
});
/** So many times the requests are reason enough for load, and for errors that nobody's version or process is to blame for. */
const surge = 1.4;
const moreRequests: Gauge = { metric: 'rps', reads: 'growth', low: -1, high: surge, rising: true };
const explainedByRequests: Gauge = { ...moreRequests, rising: false };

interface CauseRule {
  /** As a rationale says it. */
  words: string;
  dimension: Dimension;
  /** How much a sign of this kind speaks for it; what is not named does not. */
  speaks: Partial<Record<Signal, number>>;
  against?: Partial<Record<Signal, number>>;
  /** What is measured agrees or disagrees; one that disagrees weighs more than one that agrees. */
  measures?: readonly Gauge[];
  /** Needs one sign of this kind before the others count. */
  after?: Signal;
}

export const causes: Record<CauseName, CauseRule> = {
  overload: {
    words: 'more load than its replicas carry',
    dimension: 'performance',
    speaks: { saturation: 1, surge: 1, latency: 0.5 },
    against: { idle: 0.8 },
    measures: [level('cpu', 0.5, 0.75), moreRequests],
  },
  'memory-leak': {
    words: 'memory that is not given back',
    dimension: 'reliability',
    speaks: { memory: 1, crash: 0.4, latency: 0.1 },
    measures: [level('memory', 0.55, 0.8)],
  },
  'bad-deploy': {
    words: 'a version that does not work',
    dimension: 'reliability',
    speaks: { errors: 1, crash: 0.9, latency: 0.4 },
    after: 'deploy',
    measures: [level('error_ratio', 0.005, 0.02), explainedByRequests],
  },
  'faulty-process': {
    words: 'processes in a bad state',
    dimension: 'reliability',
    speaks: { errors: 0.6, crash: 0.9 },
    // Who is asked for more than it carries turns requests away: a restart gives it nothing.
    against: { saturation: 0.5, surge: 0.8 },
    measures: [level('error_ratio', 0.005, 0.02), explainedByRequests],
  },
  'bad-node': {
    words: 'a machine that fails',
    dimension: 'reliability',
    speaks: { node: 1 },
  },
  'region-loss': {
    words: 'a region that cannot be reached',
    dimension: 'reliability',
    speaks: { region: 1 },
  },
  'exposed-key': {
    words: 'keys that are known to others or out of step',
    dimension: 'security',
    speaks: { key: 1 },
  },
  'policy-drift': {
    words: 'a policy that is not what was signed',
    dimension: 'compliance',
    speaks: { policy: 1 },
  },
  overprovision: {
    words: 'more replicas than the load needs',
    dimension: 'cost',
    speaks: { cost: 0.7, idle: 1 },
    against: { saturation: 1, surge: 1 },
    measures: [level('cpu', 0.3, 0.55, false)],
  },
};

export interface Supported {
  name: CauseName;
  rule: CauseRule;
  belief: number;
  /** The signs that speak for it, the weightiest first. */
  signs: Sign[];
  /** The sign it waited for. */
  gate: Sign | null;
  against: Sign[];
  /** 1 = the measure agrees, -1 = it disagrees, 0 = it says nothing or there is none. */
  agreement: -1 | 0 | 1;
}

const staleCounts = 0.6;
const disagreementLeaves = 0.5;
/** Of the doubt that is left; less where the events say little, since a measure alone is no cause. */
const agreementAdds = 0.4;

/** What the evidence makes of one cause; null where no event speaks for it. */
export function weigh(name: CauseName, signs: readonly Sign[], evidence: Evidence): Supported | null {
  const rule = causes[name];
  const gate = rule.after
    ? (earliest(signs.filter(sign => sign.signal === rule.after)) ?? versionChange(evidence))
    : null;
  if (rule.after && !gate) return null;
  const speaking = signs
    .filter(sign => (rule.speaks[sign.signal] ?? 0) > 0 && (!gate || sign.at >= gate.at))
    .toSorted((a, b) => b.weight - a.weight || b.at - a.at || (a.event.id < b.event.id ? -1 : 1));
  if (speaking.length === 0) return null;
  const against = signs.filter(sign => (rule.against?.[sign.signal] ?? 0) > 0);
  const agreement = agreementOf(rule, evidence);
  const support = supportOf(speaking, signal => rule.speaks[signal] ?? 0);
  const doubt = supportOf(against, signal => rule.against?.[signal] ?? 0);
  const measured =
    agreement === 1
      ? support + (1 - support) * agreementAdds * Math.min(1, support / 0.3)
      : agreement === -1
        ? support * disagreementLeaves
        : support;
  const belief = measured * (1 - doubt) * (evidence.risk.stale ? staleCounts : 1) * (gate ? 0.95 : 1);
  return { name, rule, belief, signs: speaking, gate, against, agreement };
}

/** The first one: a later one takes no sign away from the cause. */
const earliest = (signs: readonly Sign[]): Sign | null =>
  signs.reduce<Sign | null>((first, sign) => (first === null || sign.at < first.at ? sign : first), null);

/** The first event of the service that names another version than the events before it: a deploy that nobody announced. */
function versionChange({ events, risk, now }: Evidence): Sign | null {
  const own = events
    .flatMap(event => {
      const at = Date.parse(event.ts);
      const { version } = event.attributes;
      const counts = event.service === risk.service && typeof version === 'string' && at <= Date.parse(now);
      return counts ? [{ event, at, version }] : [];
    })
    .toSorted((a, b) => a.at - b.at || (a.event.id < b.event.id ? -1 : 1));
  const last = own.at(-1);
  const before = own.findLastIndex(({ version }) => version !== last?.version);
  const found = before < 0 ? undefined : own[before + 1];
  return found
    ? { signal: 'deploy', name: 'version_changed', event: found.event, at: found.at, weight: 0.08 }
    : null;
}

export interface Read {
  gauge: Gauge;
  /** As the gauge reads it: the level, or how many times what it was before. */
  value: number;
  agrees: -1 | 0 | 1;
}

/** What the cause's gauges read; those of which nothing was measured are left out. */
export const readsOf = ({ measures: gauges = [] }: CauseRule, { measures }: Evidence): Read[] =>
  gauges.flatMap((gauge): Read[] => {
    const measure = measures[gauge.metric];
    if (!measure) return [];
    const value = gauge.reads === 'level' ? measure.latest : measure.latest / measure.before;
    if (!Number.isFinite(value)) return [];
    const up = gauge.rising ? 1 : -1;
    const agrees = value >= gauge.high ? up : value <= gauge.low ? -up : 0;
    return [{ gauge, value, agrees: agrees as Read['agrees'] }];
  });

function agreementOf(rule: CauseRule, evidence: Evidence): -1 | 0 | 1 {
  const reads = readsOf(rule, evidence).map(read => read.agrees);
  return reads.includes(-1) ? -1 : reads.includes(1) ? 1 : 0;
}
