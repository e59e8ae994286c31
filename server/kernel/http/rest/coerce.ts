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
  const read: [string, unknown][] = [];
  for (const [name, values] of given) {
    const field =
      schema?.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const many = field?.type === 'array';
    const scalars = values.map(value => scalar(value, many ? field.items : field));
    const bad = scalars.find(result => !result.ok);
    if (bad && !bad.ok) issues.push({ field: name, message: bad.message });
    else if (!many && values.length !== 1) issues.push({ field: name, message: 'Given more than once.' });
    else {
      const found = scalars.map(result => (result.ok ? result.value : undefined));
      read.push([name, many ? found : found[0]]);
    }
  }
  if (issues.length > 0)
    throw invalid('request.invalid', `${issues[0]?.field}: ${issues[0]?.message}`, issues);
  return Object.fromEntries(read); // defines each name as its own, `__proto__` too, so that the schema sees it
}

type Read = { ok: true; value: unknown } | { ok: false; message: string };

function scalar(text: string, field: FieldSchema | undefined): Read {
  switch (field?.type) {
    case 'integer':
      return /^(-?[1-9]\d{0,15}|0)$/.test(text) && Number.isSafeInteger(Number(text))
        ? { ok: true, value: Number(text) }
        : { ok: false, message: 'Expected a whole number.' };
    case 'number':
      return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && Number.isFinite(Number(text))
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
