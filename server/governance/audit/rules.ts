import type { AuditEntry } from './schema.ts';

/** "tenant.created" of tenant:acme reads "Tenant acme created". Says what the entry says and nothing more. */
export function sentenceOf({ type, target, detail }: Pick<AuditEntry, 'type' | 'target' | 'detail'>): string {
  const [noun = '', verb = ''] = type.split('.');
  const id = target?.slice(target.indexOf(':') + 1);
  const subject =
    target?.startsWith(`${noun}:`) || !target
      ? `${noun}${id ? ` ${id}` : ''}`
      : `${noun} of ${target.replace(':', ' ')}`;
  const text = `${subject} ${verb.replaceAll('_', ' ')}`;
  const reason = typeof detail.reason === 'string' ? `: ${detail.reason}` : '';
  return text.charAt(0).toUpperCase() + text.slice(1) + reason;
}
