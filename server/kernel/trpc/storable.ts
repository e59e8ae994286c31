import { invalid } from '../errors/domain-error.ts';

/** Postgres holds no NUL, and neither it nor canonical JSON a half of a surrogate pair: refused with the field named. */
export function requireStorable(input: unknown): void {
  const field = unstorableAt(input, '');
  if (field === null) return;
  const message = 'Holds a character that cannot be stored.';
  throw invalid('request.text', `${field}: ${message}`, [{ field, message }]);
}

/** The same of what came inside a signed payload, where no field of the request names it. */
export const isStorable = (input: unknown): boolean => unstorableAt(input, '') === null;

const storable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

function unstorableAt(value: unknown, at: string): string | null {
  if (typeof value === 'string') return storable(value) ? null : at || '(body)';
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, item] of Object.entries(value)) {
    if (!storable(key)) return at || '(body)';
    const found = unstorableAt(item, at ? `${at}.${key}` : key);
    if (found !== null) return found;
  }
  return null;
}
