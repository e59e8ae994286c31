/**
 * The one egress redactor: whatever leaves by log, trace or error passes here. Field names decide first (a secret
 * must not depend on its shape), then shapes that are secrets wherever they stand.
 */
const secretKey =
  /pass(word|phrase)?$|passwd|secret|token|api[-_]?key|authorization|cookie|private[-_]?key|credential|otp$|totp|recovery|dsn$|connection[-_]?string|set-cookie|session[-_]?id/i;

const shapes: [RegExp, string][] = [
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, '<REDACTED KEY>'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '<REDACTED JWT>'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 <REDACTED>'],
  [/\batom_[a-z]{2,8}_[\w-]{16,}/g, '<REDACTED TOKEN>'],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, '$1:<REDACTED>@'],
  [/\b[\w.%+-]+@[\w-]+(?:\.[\w-]+)+\b/g, '<EMAIL>'],
];

export function redactText(text: string): string {
  let out = text;
  for (const [shape, by] of shapes) out = out.replace(shape, by);
  return out;
}

export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth > 8) return '<DEEP>';
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `<${value.byteLength} bytes>`;
  if (value instanceof Error) return { name: value.name, message: redactText(value.message) };
  if (Array.isArray(value)) return value.map(item => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      secretKey.test(key) && item !== null && item !== undefined && typeof item !== 'boolean'
        ? '<REDACTED>'
        : redact(item, depth + 1),
    ]),
  );
}
