import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** RFC 8785. What is signed or hashed are these bytes, never a re-serialised object. */
export function canonicalBytes(value: unknown): Buffer {
  refuseUnrepresentable(value, '$');
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Nothing to canonicalise.');
  return Buffer.from(text, 'utf8');
}

/** JSON has no NaN, Infinity, bigint or lone surrogate; dropping them silently would sign something else. */
function refuseUnrepresentable(value: unknown, at: string): void {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new TypeError(`${at}: ${value} has no JSON form.`);
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    throw new TypeError(`${at}: a ${typeof value} has no JSON form.`);
  if (typeof value === 'string' && !value.isWellFormed())
    throw new TypeError(`${at}: the text has a lone surrogate.`);
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      if (item === undefined) throw new TypeError(`${at}[${i}]: undefined has no JSON form.`);
      refuseUnrepresentable(item, `${at}[${i}]`);
    });
    return;
  }
  for (const [key, item] of Object.entries(value)) refuseUnrepresentable(item, `${at}.${key}`);
}

export const sha256Hex = (bytes: string | Uint8Array): string => hash('sha256', bytes, 'hex');
