import { type Severity, severityOf } from '../../schema.ts';
import { type Fields, isObject, type Line, list, present, stableId, tenantOf, text } from './line.ts';

const inLine = /\b(?:level|severity|lvl)["']?\s*[=:]\s*["']?([a-z]+)/i;
const leading =
  /^\W*(?:[\d:.,TZ/ -]+\W*)?(trace|debug|info|notice|warn(?:ing)?|error|err|fatal|crit(?:ical)?|panic)\b/i;

/** What a log line says of itself where nothing beside it does. */
export function severityInText(line: string): Severity {
  const found = inLine.exec(line)?.[1] ?? leading.exec(line)?.[1];
  return (found && severityOf(found)) || 'info';
}

const named = (labels: Fields): Severity | undefined => {
  const level = text(labels.level) ?? text(labels.detected_level) ?? text(labels.severity);
  return (level && severityOf(level)) || undefined;
};

export function lokiEvent(labels: Fields, nanos: string, said: string, metadata: Fields = {}): Fields | null {
  if (!/^\d{1,20}$/.test(nanos)) return null;
  const all = { ...labels, ...metadata };
  const {
    level: _l,
    detected_level: _d,
    severity: _s,
    tenant: _t,
    tenant_id: _i,
    region,
    event,
    ...others
  } = all;
  const trace = text(all.trace_id) ?? text(all.traceID);
  return present({
    tenant_id: tenantOf(all),
    event: text(event) ?? 'log',
    severity: named(all) ?? severityInText(said),
    service: text(all.service) ?? text(all.service_name) ?? text(all.app) ?? text(all.job),
    region: text(region),
    message: said,
    trace_id: trace && /^[0-9a-f]{32}$/i.test(trace) ? trace : undefined,
    ts: new Date(Number(BigInt(nanos) / 1_000_000n)).toISOString(),
    // Loki itself keeps one of several equal lines at the same instant of a stream.
    id: stableId('loki', JSON.stringify(Object.entries(labels).sort()), nanos, said),
    attributes: others,
  });
}

/** The JSON form of Loki's push. */
export function fromLokiPush(body: Fields): Line[] {
  const lines: Line[] = [];
  for (const stream of list(body.streams)) {
    const labels = isObject(stream) && isObject(stream.stream) ? stream.stream : {};
    for (const value of isObject(stream) ? list(stream.values) : []) {
      const line = lines.length + 1;
      const [nanos, said, metadata] = list(value);
      const event =
        typeof said === 'string'
          ? lokiEvent(labels, String(nanos), said, isObject(metadata) ? metadata : {})
          : null;
      lines.push(event ? { line, event } : { line, problem: 'A value is [nanoseconds as text, line].' });
    }
  }
  return lines;
}
