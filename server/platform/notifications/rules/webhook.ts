import { createHmac } from 'node:crypto';
import type { Outcome } from '../schema.ts';
import type { Content } from './content.ts';

/** The body of a Standard Webhook: `type`, `timestamp`, `data`. */
export const webhookBody = (content: Content): string =>
  JSON.stringify({
    type: 'notification.created',
    timestamp: content.createdAt,
    data: {
      id: content.id,
      group: content.groupKey,
      kind: content.kind,
      severity: content.severity,
      title: content.title,
      lines: content.lines,
      url: content.url,
      expires_at: content.expiresAt,
    },
  });

export const webhookRetiredBody = (content: Content, outcome: Outcome, at: Date): string =>
  JSON.stringify({
    type: 'notification.retired',
    timestamp: at.toISOString(),
    data: { id: content.id, group: content.groupKey, kind: content.kind, outcome, url: content.url },
  });

const prefix = 'whsec_';

/** Standard Webhooks, symmetric: `v1,` HMAC-SHA256 over `{id}.{timestamp}.{body}`, the secret base64 after `whsec_`. */
export function webhookHeaders(id: string, at: Date, body: string, secret: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = Buffer.from(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret, 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}

export const webhookSecret = (bytes: Buffer): string => prefix + bytes.toString('base64');
