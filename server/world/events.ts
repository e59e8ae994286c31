import { hashOf, uniform } from './hash.ts';
import type { Fault, ServiceKind, WorldCommand, WorldEvent, WorldMetric, WorldService } from './schema.ts';
import type { World } from './world.ts';

const minute = 60_000;

type Pick = (n: number) => number;
type Line = [event: string, severity: WorldEvent['severity'], message: (pick: Pick) => string];
const number = (pick: Pick, n: number, low: number, high: number) => Math.floor(low + pick(n) * (high - low));
const id = (pick: Pick, n: number) => Math.floor(pick(n) * 0x10000000).toString(16);

/** What a service says when all is well; the last of each is rare. */
const routine: Record<ServiceKind, readonly Line[]> = {
  web: [
    [
      'http_request',
      'info',
      p => `GET /products/${number(p, 3, 1, 9000)} 200 in ${number(p, 4, 20, 180)} ms`,
    ],
    ['session_opened', 'info', p => `session ${id(p, 3)} opened`],
    ['http_request', 'low', p => `GET /assets/${id(p, 3)}.js 404 in ${number(p, 4, 2, 9)} ms`],
  ],
  api: [
    ['http_request', 'info', p => `POST /v1/orders 201 in ${number(p, 3, 15, 120)} ms, request ${id(p, 4)}`],
    ['pool_checked', 'debug', p => `connection pool ${number(p, 3, 4, 40)} of 64 in use`],
    ['auth_failed', 'low', p => `authentication failed for client ${id(p, 3)}: token expired`],
  ],
  worker: [
    ['job_finished', 'info', p => `job ${id(p, 3)} finished in ${number(p, 4, 200, 4000)} ms`],
    ['job_queued', 'debug', p => `job ${id(p, 3)} queued at priority ${number(p, 4, 1, 5)}`],
    ['job_retried', 'low', p => `job ${id(p, 3)} failed and is tried again, attempt ${number(p, 4, 2, 4)}`],
  ],
  database: [
    ['checkpoint', 'info', p => `checkpoint complete: wrote ${number(p, 3, 200, 9000)} buffers`],
    ['autovacuum', 'debug', p => `automatic vacuum of table orders_${number(p, 3, 1, 24)}: index scans: 1`],
    ['slow_query', 'low', p => `duration: ${number(p, 3, 1000, 3000)} ms statement: select from orders`],
  ],
  cache: [
    [
      'cache_stats',
      'debug',
      p => `hit ratio ${number(p, 3, 90, 99)} percent of ${number(p, 4, 9000, 99000)} reads`,
    ],
    ['cache_evicted', 'info', p => `evicted ${number(p, 3, 10, 900)} keys to stay within memory`],
    [
      'cache_stats',
      'low',
      p => `hit ratio ${number(p, 3, 70, 80)} percent of ${number(p, 4, 9000, 99000)} reads`,
    ],
  ],
  queue: [
    [
      'offsets_committed',
      'info',
      p => `consumer group g${number(p, 3, 1, 6)} committed offset ${number(p, 4, 1e6, 9e6)}`,
    ],
    ['segment_rolled', 'debug', p => `rolled log segment ${id(p, 3)} after ${number(p, 4, 60, 600)} s`],
    [
      'consumer_lag',
      'low',
      p => `consumer group g${number(p, 3, 1, 6)} is ${number(p, 4, 900, 4000)} messages behind`,
    ],
  ],
};

interface Watch {
  event: string;
  metric: WorldMetric;
  over: number;
  severity(value: number): WorldEvent['severity'];
  says(value: number): string;
}

const percent = (value: number) => `${Math.round(value * 100)} percent`;

/** Alerts come from what the metrics really say, so healing a fault silences them. */
const watches: readonly Watch[] = [
  {
    event: 'cpu_spike',
    metric: 'cpu',
    over: 0.85,
    severity: v => (v > 0.95 ? 'high' : 'medium'),
    says: v => `processor use is ${percent(v)}, above 85 percent`,
  },
  {
    event: 'memory_pressure',
    metric: 'memory',
    over: 0.88,
    severity: v => (v > 0.96 ? 'critical' : 'high'),
    says: v => `memory use is ${percent(v)}, above 88 percent`,
  },
  {
    event: 'error_rate_high',
    metric: 'error_ratio',
    over: 0.05,
    severity: v => (v > 0.2 ? 'critical' : 'high'),
    says: v => `${percent(v)} of requests fail, above 5 percent`,
  },
];

const onService: Partial<Record<Fault['fault'], Line>> = {
  'bad-deploy': [
    'exception',
    'medium',
    p => `NullReferenceError in handler ${number(p, 3, 1, 5)}: pricing is undefined`,
  ],
  'memory-leak': [
    'gc_pressure',
    'low',
    p => `full collection took ${number(p, 3, 300, 1900)} ms and freed ${number(p, 4, 1, 9)} MB`,
  ],
  'cost-spike': ['cost_anomaly', 'medium', p => `egress is ${number(p, 3, 3, 7)} times its usual`],
  'traffic-surge': ['rate_limited', 'low', p => `client ${id(p, 3)} was slowed down: too many requests`],
};

const onRegion: Partial<Record<Fault['fault'], Line>> = {
  'region-loss': ['region_down', 'critical', () => 'no answer from any endpoint of the region'],
  'replication-stall': ['replication_lag_high', 'high', () => 'the replication slot does not advance'],
  'vault-drift': [
    'vault_version_drift',
    'high',
    () => 'the vault serves older secret versions than the primary',
  ],
  'policy-tamper': [
    'policy_hash_mismatch',
    'critical',
    () => 'the active policy hash is not the published one',
  ],
  'registry-corruption': [
    'image_digest_mismatch',
    'critical',
    () => 'a mirrored image does not match its digest',
  ],
  'slow-metrics': ['scrape_delayed', 'medium', () => 'metrics arrive minutes late and with gaps'],
  'clock-skew': ['clock_skew', 'medium', () => 'the clock of the region is ahead of the others'],
};

const said: Partial<Record<WorldCommand['kind'], [event: string, message: (c: WorldCommand) => string]>> = {
  'service.scale': ['scaled', c => (c.kind === 'service.scale' ? `scaled to ${c.replicas} replicas` : '')],
  'service.restart': ['restarted', () => 'all replicas were restarted one after the other'],
  'service.rollback': ['rolled_back', () => 'rolled back to the version before'],
  'service.deploy': [
    'deployed',
    c => (c.kind === 'service.deploy' ? `version ${c.version} was deployed` : ''),
  ],
  'canary.start': [
    'canary_started',
    c =>
      c.kind === 'canary.start' ? `version ${c.version} runs on ${Math.round(c.share * 100)} percent` : '',
  ],
  'canary.end': [
    'canary_ended',
    c =>
      c.kind === 'canary.end' ? (c.promote ? 'the canary was promoted' : 'the canary was taken back') : '',
  ],
  'service.move': ['moved', c => (c.kind === 'service.move' ? `now runs in ${c.region}` : '')],
};

export function eventsOf(world: World, from: number, to: number, only?: string): WorldEvent[] {
  const events: WorldEvent[] = [];
  const faults = world.faultsBetween(from - minute, to);
  const chosen = world.services.filter(s => only === undefined || s.id === only);
  for (const service of chosen)
    for (let at = Math.floor(from / minute) * minute; at < to; at += minute)
      minuteOf(world, service, at, faults, events);
  for (const { seq, at, command } of world.commands) {
    const line = said[command.kind];
    const service = line && 'service' in command ? world.service(command.service) : undefined;
    if (line && service && chosen.includes(service))
      events.push(made(world, service, at, `c-${seq}`, line[0], 'info', line[1](command), {}));
  }
  // By the true time: a skewed clock moves what an event says, not when it happened.
  return events
    .filter(e => trueTime(e) >= from && trueTime(e) < to)
    .sort((a, b) => trueTime(a) - trueTime(b) || (a.id < b.id ? -1 : 1));
}

const trueTime = (e: WorldEvent) => e.ts - Number(e.attributes.clock_skew_ms ?? 0);

function minuteOf(
  world: World,
  service: WorldService,
  at: number,
  faults: readonly Fault[],
  events: WorldEvent[],
): void {
  const key = hashOf(service.id);
  const index = at / minute;
  const pick = (salt: number) => (n: number) => uniform(world.seed ^ salt, key, index, n);
  const region = world.serviceAt(service.id, at).region;
  const mine = faults.filter(f => f.from < at + minute && f.to > at);
  const add = (k: string, offset: number, [event, severity, message]: Line, p: Pick, attributes = {}) =>
    events.push(
      made(
        world,
        service,
        // A share of a minute times the minute can fall a hair short of the whole millisecond it came from.
        at + Math.floor(offset * minute + 1e-6),
        `${service.id}-${index}-${k}`,
        event,
        severity,
        message(p),
        attributes,
      ),
    );
  const live = (f: Fault, offset: number) => {
    const t = at + offset * minute;
    return f.from <= t && t < f.to;
  };

  const down = mine.some(f => f.fault === 'region-loss' && f.target.id === region);
  if (!down) {
    const p = pick(0xa1);
    if (p(1) < 0.7) {
      const lines = routine[service.kind];
      const line = lines[p(2) < 0.62 ? 0 : p(2) < 0.96 ? 1 : 2];
      if (line) add('r', p(5), line, p);
    }
    for (const watch of watches) {
      const value = world.metric(watch.metric, service.id, at);
      const before = world.metric(watch.metric, service.id, at - minute);
      const fires = value !== null && value > watch.over;
      const fired = before !== null && before > watch.over;
      const attributes = { metric: watch.metric, value: value ?? 0, threshold: watch.over };
      if (fires && (!fired || index % 5 === 0))
        add(watch.event, 0, [watch.event, watch.severity(value), () => watch.says(value)], p, {
          ...attributes,
          status: 'firing',
        });
      if (fired && !fires && value !== null)
        add(watch.event, 0, [watch.event, 'info', () => `${watch.metric} is back to normal`], p, {
          ...attributes,
          status: 'resolved',
        });
    }
  }

  for (const fault of mine) {
    const line = onService[fault.fault];
    const own = fault.target.id === service.id || fault.target.id === service.tenantId;
    const often = fault.fault === 'cost-spike' ? 0.03 : 0.9;
    const p = pick(hashOf(fault.id));
    // Once at the beginning in any case: what is rare would else be noticed by luck only.
    const starts = at > fault.from && at - fault.from <= minute;
    if (line && own && !down && (starts || p(1) < often) && live(fault, p(2)))
      add(`f-${fault.id}`, p(2), line, p);
    const regional = onRegion[fault.fault];
    const first = world.services.find(s => s.tenantId === service.tenantId && s.region === region);
    const due = fault.from >= at || index % 10 === 0;
    const offset = fault.from >= at ? (fault.from - at) / minute : 0;
    if (regional && fault.target.id === region && first?.id === service.id && due && live(fault, offset))
      add(`f-${fault.id}`, offset, regional, p, { fault_region: region });
  }
}

function made(
  world: World,
  service: WorldService,
  ts: number,
  local: string,
  event: string,
  severity: WorldEvent['severity'],
  message: string,
  attributes: WorldEvent['attributes'],
): WorldEvent {
  const { region, version } = world.serviceAt(service.id, ts);
  const skew = world.regionAt(region, ts).clockSkewMs;
  return {
    id: `w-${local}`,
    tenantId: service.tenantId,
    ts: ts + skew,
    event,
    severity,
    service: service.id,
    region,
    message,
    attributes: { ...attributes, version, ...(skew ? { clock_skew_ms: skew } : {}) },
    simulated: true,
  };
}
