import { z } from 'zod';
import { type Severity, severities } from './terms.ts';

export { type Severity, severities } from './terms.ts';

export const severityRank = (severity: Severity): number => severities.indexOf(severity);
export const severityAt = (rank: number): Severity => severities[rank] ?? 'info';

/** What other senders call them: syslog, OTLP, Loki and Prometheus rules. */
const otherNames: Readonly<Record<string, Severity>> = {
  trace: 'debug',
  information: 'info',
  informational: 'info',
  none: 'info',
  notice: 'low',
  warn: 'medium',
  warning: 'medium',
  moderate: 'medium',
  error: 'high',
  err: 'high',
  major: 'high',
  fatal: 'critical',
  crit: 'critical',
  alert: 'critical',
  emerg: 'critical',
  emergency: 'critical',
  panic: 'critical',
  page: 'critical',
};

export function severityOf(text: string): Severity | null {
  const name = text.trim().toLowerCase();
  return (severities as readonly string[]).includes(name) ? (name as Severity) : (otherNames[name] ?? null);
}

const severity = z
  .string()
  .max(20)
  .transform((text, ctx): Severity => {
    const known = severityOf(text);
    if (known) return known;
    ctx.addIssue({ code: 'custom', message: `One of ${severities.join(', ')}.` });
    return z.NEVER;
  });

const name = (most: number) => z.string().trim().min(1).max(most);
const clean = (text: string) => !text.includes('\u0000') && text.isWellFormed();
const storable = (most: number) =>
  z.string().max(most).refine(clean, 'Holds a character that cannot be stored.');

export const maxAttributes = 64;
export const maxMessage = 16_384;
export const maxAttributeBytes = 16_384;

/** What JSON can say; that it is JSON was seen when it was parsed. */
const attributes = z.record(z.string().min(1).max(120), z.unknown()).superRefine((found, ctx) => {
  const text = JSON.stringify(found);
  if (text.length > 2000 && text.length > maxAttributeBytes)
    ctx.addIssue({ code: 'custom', message: `More than ${maxAttributeBytes} characters of attributes.` });
  if (text.length > maxAttributes * 3 && Object.keys(found).length > maxAttributes)
    ctx.addIssue({ code: 'custom', message: `At most ${maxAttributes} attributes.` });
  if (text.includes('\\u') && (text.includes('\\u0000') || /\\ud[89a-f]/i.test(text)))
    ctx.addIssue({ code: 'custom', message: 'Holds a character that cannot be stored.' });
});

/** One event as a sender gives it. A tenant's own token need not name its tenant. */
export const eventInput = z.strictObject({
  tenant_id: name(63).optional(),
  event: name(120).refine(clean, 'Holds a character that cannot be stored.'),
  severity: severity.default('info'),
  service: name(120).refine(clean, 'Holds a character that cannot be stored.').optional(),
  region: name(63).refine(clean, 'Holds a character that cannot be stored.').optional(),
  message: storable(maxMessage).optional(),
  attributes: attributes.optional(),
  trace_id: z
    .string()
    .regex(/^[0-9a-f]{32}$/i, 'Thirty-two hexadecimal digits.')
    .optional(),
  /** When it happened; left out: now. */
  ts: z.union([z.iso.datetime({ offset: true }), z.int().min(0).max(4_102_444_800_000)]).optional(),
  /** An event with an id that the tenant has sent already is not written again. */
  id: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x21-\x7e]+$/, 'Visible ASCII characters, without blanks.')
    .optional(),
});
export type EventInput = z.input<typeof eventInput>;
export type ParsedEvent = z.output<typeof eventInput>;

export interface TelemetryEvent {
  id: string;
  tenantId: string;
  ts: string;
  event: string;
  severity: Severity;
  service?: string;
  region?: string;
  message?: string;
  templateId?: string;
  traceId?: string;
  attributes: Record<string, unknown>;
  source: string;
  simulated: boolean;
}

export const sources = [
  'http',
  'cloudevents',
  'alertmanager',
  'otlp-logs',
  'otlp-traces',
  'loki-push',
  'loki',
  'prometheus',
  'kafka',
  'file',
  'simulated',
] as const;
export type Source = (typeof sources)[number];

export const rejection = z.object({
  /** Counted from 1, as it stood in what was sent. */
  line: z.int().min(1),
  field: z.string().optional(),
  reason: z.string(),
});
export type Rejection = z.output<typeof rejection>;

export const ingestResult = z.object({
  accepted: z.int(),
  duplicates: z.int(),
  rejected: z.int(),
  /** Of what was accepted or known already, in the order given; null where a line was rejected. */
  ids: z.array(z.string().nullable()),
  errors: z.array(rejection),
});
export type IngestResult = z.output<typeof ingestResult>;

/** What one event alone is answered with. */
export const ingested = z.object({
  id: z.string(),
  /** False when the tenant had sent an event with this id before. */
  created: z.boolean(),
});

export const linesInput = z.strictObject({
  source: z.enum(sources),
  tenantId: z.string().min(1).max(63).optional(),
  lines: z
    .array(
      z.strictObject({
        line: z.int().min(1),
        event: z.unknown().optional(),
        problem: z.string().max(300).optional(),
      }),
    )
    .min(1)
    .max(20_000),
});
export type LinesInput = z.output<typeof linesInput>;

export const revealInput = z.strictObject({
  tenantId: z.string().min(1).max(63),
  tokens: z.array(z.string().min(10).max(20_000)).min(1).max(50),
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
export type RevealInput = z.output<typeof revealInput>;
export const revealed = z.object({
  values: z.array(z.object({ token: z.string(), kind: z.string(), value: z.string() })),
});
