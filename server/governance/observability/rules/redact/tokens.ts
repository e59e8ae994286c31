import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { type Kind, kinds } from './redactor.ts';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * A token holds what it stands for, sealed under a key of the tenant: nothing else has to be kept to turn it back. The
 * nonce follows from the value, so that equal values give equal tokens and can still be counted and joined; two values
 * never share a nonce but by a collision of HMAC-SHA256.
 */
export interface TokenKeys {
  /** 64 bytes: the first half seals, the second half makes nonces. */
  of(tenantId: string): Buffer;
}

const bound = (tenantId: string, kind: string) => Buffer.from(`telemetry:${tenantId}:${kind}`);

export function makeToken(keys: TokenKeys, tenantId: string, kind: Kind, value: string): string {
  const key = keys.of(tenantId);
  const about = bound(tenantId, kind);
  const nonce = createHmac('sha256', key.subarray(32))
    .update(about)
    .update('\u0000')
    .update(value)
    .digest()
    .subarray(0, nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.subarray(0, 32), nonce).setAAD(about);
  const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return `<${kind}:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')}>`;
}

const whole = new RegExp(`^<(${kinds.join('|')}):([\\w-]{38,})>$`);

/** What a token of this tenant stands for; null for anything else, also for another tenant's token. */
export function openToken(
  keys: TokenKeys,
  tenantId: string,
  token: string,
): { kind: Kind; value: string } | null {
  const [, kind, body] = whole.exec(token) ?? [];
  if (!kind || !body) return null;
  const bytes = Buffer.from(body, 'base64url');
  if (bytes.length < nonceBytes + tagBytes) return null;
  const key = keys.of(tenantId);
  const opener = createDecipheriv('aes-256-gcm', key.subarray(0, 32), bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  }).setAAD(bound(tenantId, kind));
  opener.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  try {
    const value = Buffer.concat([
      opener.update(bytes.subarray(nonceBytes + tagBytes)),
      opener.final(),
    ]).toString('utf8');
    return { kind: kind as Kind, value };
  } catch {
    return null;
  }
}
