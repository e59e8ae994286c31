import { type FieldIssue, invalid } from '../../errors/domain-error.ts';
import type { FieldSchema } from './routes.ts';

/**
 * Query strings and path segments are text. What a field is decides how it is read, strictly: "false" is not true, "1e3"
 * is not an integer, and a value given twice is not a scalar. Anything else is refused by name.
 */
export function coerceText(
  given: ReadonlyMap<string, readonly string[]>,
  schema: FieldSchema | null,
): Record<string, unknown> {
  const issues: FieldIssue[] = [];
  const out: Record<string, unknown> = {};
  for (const [name, values] of given) {
    const field = schema?.properties?.[name];
    const read = field?.type === 'array' ? values.map(v => scalar(v, field.items)) : [single(values, field)];
    const bad = read.find(r => !r.ok);
    if (bad && !bad.ok) issues.push({ field: name, message: bad.message });
    else
      out[name] =
        field?.type === 'array'
          ? read.map(r => (r.ok ? r.value : null))
          : read[0]?.ok
            ? read[0].value
            : undefined;
  }
  if (issues.length > 0)
    throw invalid('request.invalid', `${issues[0]?.field}: ${issues[0]?.message}`, issues);
  return out;
}

type Read = { ok: true; value: unknown } | { ok: false; message: string };

const single = (values: readonly string[], field: FieldSchema | undefined): Read =>
  values.length === 1 ? scalar(values[0] ?? '', field) : { ok: false, message: 'Given more than once.' };

function scalar(text: string, field: FieldSchema | undefined): Read {
  switch (field?.type) {
    case 'integer':
      return /^-?(0|[1-9]\d{0,15})$/.test(text)
        ? { ok: true, value: Number(text) }
        : { ok: false, message: 'Expected a whole number.' };
    case 'number':
      return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)
        ? { ok: true, value: Number(text) }
        : { ok: false, message: 'Expected a number.' };
    case 'boolean':
      return text === 'true' || text === 'false'
        ? { ok: true, value: text === 'true' }
        : { ok: false, message: 'Expected true or false.' };
    default:
      return { ok: true, value: text };
  }
}
