import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

declareEvents('audits', {
  'audit.noted': {
    reads: e => `${e.who} noted${e.kind ? ` about ${e.kind} ${e.what}` : ''}`,
    outcome: 'noted',
  },
});

export const noted = (
  text: string,
  about: { target?: { kind: string; id: string }; tenantId?: string; reference?: string; entry?: string },
): CommitEvent => ({
  type: 'audit.noted',
  detail: { reason: text } satisfies { [key: string]: Json },
  topics: [{ topic: 'audits' }],
  ...(about.target ? { target: about.target } : {}),
  ...(about.tenantId ? { tenantId: about.tenantId } : {}),
  ...(about.reference ? { reference: about.reference } : {}),
  ...(about.entry ? { causedBy: [about.entry] } : {}),
});
