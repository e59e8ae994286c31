import { type Severity, severityOf } from '../../schema.ts';
import { type Fields, isObject, type Line, list, present, tenantOf, text } from './line.ts';

/** OTLP's AnyValue as plain JSON; 64-bit integers come as text. */
export function anyValue(value: unknown): unknown {
  if (!isObject(value)) return null;
  if ('stringValue' in value) return String(value.stringValue);
  if ('boolValue' in value) return value.boolValue === true;
  if ('intValue' in value) {
    const n = Number(value.intValue);
    return Number.isSafeInteger(n) ? n : String(value.intValue);
  }
  if ('doubleValue' in value)
    return Number.isFinite(Number(value.doubleValue)) ? Number(value.doubleValue) : null;
  if ('bytesValue' in value) return String(value.bytesValue);
  if (isObject(value.arrayValue)) return list(value.arrayValue.values).map(anyValue);
  if (isObject(value.kvlistValue)) return keyValues(value.kvlistValue.values);
  return null;
}

const keyValues = (pairs: unknown): Fields =>
  Object.fromEntries(
    list(pairs).flatMap(pair =>
      isObject(pair) && typeof pair.key === 'string' && pair.key !== ''
        ? [[pair.key, anyValue(pair.value)]]
        : [],
    ),
  );

const resourceOf = (part: Fields): Fields =>
  keyValues(isObject(part.resource) ? part.resource.attributes : []);

/** Nanoseconds as text; zero means unknown. */
function fromNanos(nanos: unknown): string | undefined {
  const digits = String(nanos ?? '');
  if (!/^\d{1,20}$/.test(digits) || /^0+$/.test(digits)) return undefined;
  const at = new Date(Number(BigInt(digits) / 1_000_000n));
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

const bands: readonly Severity[] = ['debug', 'debug', 'info', 'medium', 'high', 'critical'];
function severityOfNumber(number: unknown): Severity | undefined {
  const n = Number(number);
  return Number.isInteger(n) && n >= 1 && n <= 24 ? bands[Math.floor((n - 1) / 4)] : undefined;
}

const serviceOf = (resource: Fields) => text(resource['service.name']);
const regionOf = (resource: Fields) => text(resource['cloud.region']) ?? text(resource.region);
const taken = new Set(['service.name', 'tenant.id', 'tenant_id', 'tenant', 'cloud.region', 'region']);
const others = (resource: Fields): Fields =>
  Object.fromEntries(Object.entries(resource).filter(([key]) => !taken.has(key)));

const traceId = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9a-f]{32}$/i.test(value) && !/^0+$/.test(value)
    ? value.toLowerCase()
    : undefined;

/** `ExportLogsServiceRequest` as JSON. */
export function fromOtlpLogs(body: Fields): Line[] {
  const lines: Line[] = [];
  for (const part of list(body.resourceLogs).filter(isObject)) {
    const resource = resourceOf(part);
    for (const scope of list(part.scopeLogs).filter(isObject))
      for (const record of list(scope.logRecords)) {
        const line = lines.length + 1;
        lines.push(
          isObject(record)
            ? { line, event: logEvent(record, resource) }
            : { line, problem: 'Not a log record.' },
        );
      }
  }
  return lines;
}

function logEvent(record: Fields, resource: Fields): Fields {
  const attributes = keyValues(record.attributes);
  const said = anyValue(record.body);
  const uid = text(attributes['log.record.uid']);
  const level = text(record.severityText)?.toLowerCase();
  return present({
    tenant_id: tenantOf(attributes) ?? tenantOf(resource),
    event: text(record.eventName) ?? text(attributes['event.name']) ?? 'log',
    severity: severityOfNumber(record.severityNumber) ?? ((level && severityOf(level)) || 'info'),
    service: serviceOf(resource),
    region: regionOf(resource),
    message: said === null ? undefined : typeof said === 'string' ? said : JSON.stringify(said),
    trace_id: traceId(record.traceId),
    ts: fromNanos(record.timeUnixNano) ?? fromNanos(record.observedTimeUnixNano),
    id: uid,
    attributes: present({ ...others(resource), ...attributes, span_id: text(record.spanId) }),
  });
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** `ExportTraceServiceRequest` as JSON: each span is one event; one that failed is of high severity. */
export function fromOtlpTraces(body: Fields): Line[] {
  const lines: Line[] = [];
  for (const part of list(body.resourceSpans).filter(isObject)) {
    const resource = resourceOf(part);
    for (const scope of list(part.scopeSpans).filter(isObject))
      for (const span of list(scope.spans)) {
        const line = lines.length + 1;
        const event = isObject(span) ? spanEvent(span, resource) : null;
        lines.push(event ? { line, event } : { line, problem: 'A span needs traceId, spanId and a name.' });
      }
  }
  return lines;
}

function spanEvent(span: Fields, resource: Fields): Fields | null {
  const trace = traceId(span.traceId);
  const id = text(span.spanId);
  const name = text(span.name);
  if (!trace || !id || !name || !/^[0-9a-f]{16}$/i.test(id)) return null;
  const attributes = keyValues(span.attributes);
  const status = isObject(span.status) ? span.status : {};
  const failed = Number(status.code) === 2 || status.code === 'STATUS_CODE_ERROR';
  const [from, to] = [span.startTimeUnixNano, span.endTimeUnixNano].map(n => Number(n ?? 0) / 1e6);
  return present({
    tenant_id: tenantOf(attributes) ?? tenantOf(resource),
    event: 'span',
    severity: failed ? 'high' : 'debug',
    service: serviceOf(resource),
    region: regionOf(resource),
    message: failed && text(status.message) ? `${name}: ${text(status.message)}` : name,
    trace_id: trace,
    ts: fromNanos(span.startTimeUnixNano),
    id: `${trace}-${id.toLowerCase()}`,
    attributes: present({
      ...others(resource),
      ...attributes,
      span_id: id,
      parent_span_id: text(span.parentSpanId),
      span_kind: kinds[Number(span.kind)] ?? undefined,
      duration_ms:
        to !== undefined && from !== undefined && to >= from
          ? Math.round((to - from) * 1000) / 1000
          : undefined,
    }),
  });
}
