import { invalid } from '#kernel/errors/domain-error.ts';
import type { Source } from '../../schema.ts';
import { fromAlertmanager, isAlertmanager } from './alertmanager.ts';
import { fromCloudEvent, isCloudEvent } from './cloudevents.ts';
import { type Fields, isObject, type Line, storable, unstorable } from './line.ts';
import { fromLokiPush } from './loki.ts';
import { fromOtlpLogs, fromOtlpTraces } from './otlp.ts';

export const doors = ['event', 'alertmanager', 'otlp-logs', 'otlp-traces', 'loki-push'] as const;
/** Where something came in: which format the address promises. */
export type Door = (typeof doors)[number];

export interface ReadBody {
  source: Source;
  lines: Line[];
  /** One event that stood alone: it is answered for itself. */
  single: boolean;
}

const malformed = (message: string) => invalid('ingest.format', message, [{ field: '(body)', message }]);

export interface Frame {
  now: Date;
  oldest: Date;
}

/** What a JSON document holds, by the door it came in and, at the common door, by its own shape. */
export function readDocument(door: Door, value: unknown, frame: Frame): ReadBody {
  if (door === 'event') return readEvents(value, frame);
  if (!isObject(value)) throw malformed('Expected a JSON object.');
  switch (door) {
    case 'alertmanager':
      if (!isAlertmanager(value))
        throw malformed('Expected the webhook of Alertmanager: version and alerts.');
      return many('alertmanager', fromAlertmanager(value, frame.now, frame.oldest));
    case 'otlp-logs':
      if (!Array.isArray(value.resourceLogs)) throw malformed('Expected resourceLogs.');
      return many(door, fromOtlpLogs(value));
    case 'otlp-traces':
      if (!Array.isArray(value.resourceSpans)) throw malformed('Expected resourceSpans.');
      return many(door, fromOtlpTraces(value));
    case 'loki-push':
      if (!Array.isArray(value.streams)) throw malformed('Expected streams.');
      return many(door, fromLokiPush(value));
  }
}

function readEvents(value: unknown, frame: Frame): ReadBody {
  if (isAlertmanager(value)) return many('alertmanager', fromAlertmanager(value, frame.now, frame.oldest));
  if (Array.isArray(value)) {
    if (value.length === 0) throw malformed('The array is empty.');
    return many(
      value.every(isCloudEvent) ? 'cloudevents' : 'http',
      value.map((item, index) => lineOf(item, index + 1)),
    );
  }
  if (!isObject(value)) throw malformed('Expected an event or an array of events.');
  return { source: isCloudEvent(value) ? 'cloudevents' : 'http', lines: [lineOf(value, 1)], single: true };
}

const many = (source: Source, lines: readonly Line[]): ReadBody => ({
  source,
  lines: lines.map(line =>
    line.event !== undefined && !storable(line.event) ? { line: line.line, problem: unstorable } : line,
  ),
  single: false,
});

/** One item of an array or of a stream, which may be a CloudEvent. */
export function lineOf(item: unknown, line: number): Line {
  if (!isObject(item)) return { line, problem: 'Not a JSON object.' };
  if (!storable(item)) return { line, problem: unstorable };
  if (!isCloudEvent(item)) return { line, event: item };
  const event = fromCloudEvent(item);
  return 'problem' in event && Object.keys(event).length === 1
    ? { line, problem: String(event.problem) }
    : { line, event };
}

/** CloudEvents in HTTP's binary mode: the context in headers, the data as the body. */
export function binaryCloudEvent(headers: Readonly<Record<string, string>>, data: unknown): Fields {
  const context = Object.entries(headers)
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]) => [name.slice(3), decoded(value)]);
  return { ...Object.fromEntries(context), data };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
