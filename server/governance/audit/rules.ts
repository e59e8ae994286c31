import type { AuditEntry } from './schema.ts';

/** "tenant.created" of tenant:acme reads "Tenant acme created". Says what the entry says and nothing more. */
export function sentenceOf(
  entry: Pick<AuditEntry, 'type' | 'target' | 'detail'> & { name?: string | null },
): string {
  const { type, target, detail } = entry;
  const [noun = '', verb = ''] = type.split('.');
  const [kind = '', id = ''] = target
    ? [target.slice(0, target.indexOf(':')), target.slice(target.indexOf(':') + 1)]
    : [];
  const name = entry.name && entry.name !== target ? entry.name : id;
  const subject = !target ? noun : kind === noun ? `${noun} ${name}` : `${noun} of ${kind} ${name}`;
  const text = `${subject} ${verb.replaceAll('_', ' ')}`;
  const reason = typeof detail.reason === 'string' ? `: ${detail.reason}` : '';
  return text.charAt(0).toUpperCase() + text.slice(1) + reason;
}
