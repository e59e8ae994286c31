import { type Fields, isObject, present, stableId, tenantOf, text } from './line.ts';

const context = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'data',
  'data_base64',
  'datacontenttype',
  'dataschema',
]);
const own = new Set(['tenantid', 'severity', 'service', 'region', 'message', 'traceparent', 'tracestate']);

export const isCloudEvent = (value: unknown): value is Fields =>
  isObject(value) && typeof value.specversion === 'string' && 'type' in value && 'source' in value;

/** CloudEvents 1.0: `source` and `id` together name an event; whose it is says `tenantid` or the data. */
export function fromCloudEvent(ce: Fields): Fields | { problem: string } {
  if (ce.specversion !== '1.0')
    return { problem: `CloudEvents ${String(ce.specversion)} is not understood; 1.0 is.` };
  for (const name of ['id', 'source', 'type'] as const)
    if (!text(ce[name])) return { problem: `A CloudEvent needs ${name}.` };
  const data = isObject(ce.data) ? ce.data : {};
  const extensions = Object.fromEntries(
    Object.entries(ce).filter(([name]) => !context.has(name) && !own.has(name)),
  );
  const { tenant_id: _t, severity, service, region, message, ...rest } = data;
  return present({
    tenant_id: tenantOf(ce) ?? tenantOf(data),
    event: text(ce.type),
    severity: text(ce.severity) ?? text(severity),
    service: text(ce.service) ?? text(service) ?? text(ce.subject),
    region: text(ce.region) ?? text(region),
    message: text(ce.message) ?? text(message) ?? text(ce.data),
    trace_id: /^00-([0-9a-f]{32})-/.exec(text(ce.traceparent) ?? '')?.[1],
    ts: instant(text(ce.time)),
    id: stableId('cloudevents', ce.source, ce.id),
    attributes: present({
      ce_id: ce.id,
      ce_source: ce.source,
      ...extensions,
      ...(isObject(ce.data) ? rest : {}),
    }),
  });
}

/** RFC 3339 as senders write it; more than milliseconds is cut. */
export const instant = (given: string | undefined): string | undefined => {
  if (given === undefined) return undefined;
  const at = new Date(given);
  return Number.isNaN(at.getTime()) ? given : at.toISOString();
};
