import type { RuleDefinition } from '../schema/rules.ts';

type Shipped = { id: string; definition: RuleDefinition };

const events = (
  id: string,
  title: string,
  dimension: RuleDefinition['dimension'],
  points: number,
  alert: RuleDefinition['alert'],
  names: string[],
  minSeverity: 'low' | 'medium' | 'high' | 'critical',
  atLeast = 1,
  withinMinutes = 15,
): Shipped => ({
  id,
  definition: {
    title,
    dimension,
    points,
    alert,
    when: { kind: 'events', names, minSeverity, atLeast, withinMinutes },
  },
});

const anomaly = (
  id: string,
  title: string,
  dimension: RuleDefinition['dimension'],
  points: number,
  metric: string,
  atLeast: number,
): Shipped => ({
  id,
  definition: { title, dimension, points, alert: 'medium', when: { kind: 'anomaly', metric, atLeast } },
});

const load = [
  'gc_pressure',
  'rate_limited',
  'cpu*',
  'memory*',
  'latency*',
  'slow*',
  'traffic*',
  'saturation*',
  'queue*',
  'disk*',
  'oom*',
];
const failing = [
  'error*',
  'exception*',
  'scrape*',
  'crash*',
  'deploy*',
  'region*',
  'replication*',
  'restart*',
  'node*',
  'clock*',
  'failover*',
  'oom*',
  'health*',
];
const guarded = [
  'login*',
  'auth*',
  'vault*',
  'key*',
  'secret*',
  'token*',
  'intrusion*',
  'access*',
  'policy_hash*',
  'policy_tamper*',
  'image*',
  'registry*',
];
const governed = [
  'policy*',
  'consent*',
  'residency*',
  'retention*',
  'registry*',
  'audit*',
  'pii*',
  'drift*',
  'image*',
];

/** The rules of a fresh console. People change them from then on; a shipped rule is never put back. */
export const shippedRules: readonly Shipped[] = [
  events('load-high', 'Load beyond what the service bears', 'performance', 45, 'high', load, 'high'),
  events('load-medium', 'Load rises', 'performance', 18, null, load, 'medium', 3),
  events('failing-high', 'Something fails', 'reliability', 45, 'high', failing, 'high'),
  events('failing-medium', 'Errors gather', 'reliability', 18, 'medium', failing, 'medium', 5),
  events('security-high', 'Access or secrets in danger', 'security', 60, 'critical', guarded, 'high'),
  events('security-medium', 'Unusual access', 'security', 20, 'medium', guarded, 'medium', 3),
  events('compliance-high', 'A rule of governance is not kept', 'compliance', 50, 'high', governed, 'high'),
  events(
    'cost-high',
    'Spending out of hand',
    'cost',
    50,
    'high',
    ['cost*', 'budget*', 'spend*', 'bill*'],
    'medium',
  ),
  events('any-critical', 'A critical event', 'reliability', 60, 'critical', ['*'], 'critical', 1, 30),
  events('any-high', 'A high event', 'reliability', 20, null, ['*'], 'high'),
  // What follows the hours of the day is now and then unlike its past without any fault; memory and errors hardly ever are.
  anomaly('anomalous-load', 'Load unlike its past', 'performance', 40, '*cpu*', 0.6),
  anomaly('anomalous-memory', 'Memory unlike its past', 'performance', 35, '*memory*', 0.5),
  anomaly('anomalous-latency', 'Latency unlike its past', 'performance', 40, '*latency*', 0.6),
  anomaly('anomalous-errors', 'Errors unlike their past', 'reliability', 50, '*error*', 0.5),
  anomaly('anomalous-traffic', 'Traffic unlike its past', 'reliability', 20, '*rps*', 0.6),
  anomaly('anomalous-replicas', 'More or fewer replicas than ever', 'cost', 25, '*replicas*', 0.6),
  {
    id: 'rare-template',
    definition: {
      title: 'A log line of a kind that was hardly ever seen',
      dimension: 'reliability',
      points: 20,
      alert: null,
      when: { kind: 'template', minRarity: 0.8, minSeverity: 'medium', withinMinutes: 15 },
    },
  },
];
