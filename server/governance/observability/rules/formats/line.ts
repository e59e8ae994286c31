import { createHash } from 'node:crypto';
import type { EventInput } from '../../schema.ts';

/** One event as it came, with its number; what could not even be parsed says why. */
export interface Line {
  line: number;
  event?: EventInput | unknown;
  problem?: string;
}

export type Fields = Record<string, unknown>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Leaves out what is not there, so that an absent field stays absent. */
export const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** An id that the same thing always gets, for senders who give none of their own. */
export const stableId = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(parts.map(String).join('\u0000')).digest('base64url').slice(0, 27);

/** Under which names senders say whose it is. */
export const tenantOf = (fields: Fields): string | undefined =>
  text(fields.tenant_id) ?? text(fields['tenant.id']) ?? text(fields.tenant) ?? text(fields.tenantid);

/** Text that a database cannot hold is a mistake of its line, not of those beside it. */
export function storable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\u0000') && value.isWellFormed();
  if (Array.isArray(value)) return value.every(storable);
  if (isObject(value)) return Object.entries(value).every(([key, item]) => storable(key) && storable(item));
  return true;
}

export const unstorable = 'Holds a character that cannot be stored, such as NUL.';
/** Parses one line of NDJSON. */
export function parseLine(raw: string, line: number): Line {
  try {
    const event: unknown = JSON.parse(raw);
    if (!isObject(event)) return { line, problem: 'Not a JSON object.' };
    // Only an escape can bring such a character into valid JSON.
    if (/\\u(0000|d[89a-f])/i.test(raw) && !storable(event)) return { line, problem: unstorable };
    return { line, event };
  } catch {
    return { line, problem: 'Not valid JSON.' };
  }
}
