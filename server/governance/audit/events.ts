import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

declareEvents('audits', {
  'audit.noted': {
    reads: e => `${e.who} noted${e.kind ? ` about ${e.kind} ${e.what}` : ''}`,
    outcome: 'noted',
  },
});

/** The kernel writes these; it has no `events.ts` of its own. */
declareEvents('audits', {
  'ledger.origin_started': { reads: e => `${e.who} started a new origin of the ledger, ${e.id}` },
  'ledger.finding_resolved': { reads: e => `${e.who} settled a finding about the ledger ${e.id}` },
  'ledger.witness_added': { reads: e => `${e.who} set up the witness ${e.id}` },
  'ledger.witness_removed': { reads: e => `${e.who} removed the witness ${e.id}` },
  'ledger.log_added': { reads: e => `${e.who} lets this console witness the ledger ${e.id}` },
  'ledger.log_removed': { reads: e => `${e.who} lets this console witness the ledger ${e.id} no more` },
  'ledger.finding_made': { reads: e => `The ledger of ${e.id} does not verify`, outcome: 'failed' },
});
declareEvents('alerts', {
  'calls.counted': {
    reads: e => `The calls of the minute ${e.id} were counted`,
    outcome: 'noted',
    routine: true,
  },
});
declareEvents('keys', {
  'key.generated': {
    reads: e => `${e.who} made the signing key ${e.id.slice(0, 16)}, ${e.said('algorithm')}`,
  },
  'key.adopted': {
    reads: e => `${e.who} took over the signing key ${e.id.slice(0, 16)}, ${e.said('algorithm')}`,
  },
  'key.rotated': {
    reads: e => `${e.who} replaced the signing key by ${e.id.slice(0, 16)}, ${e.said('algorithm')}`,
  },
  'key.revoked': {
    reads: e => `${e.who} revoked the signing key ${e.id.slice(0, 16)}, ${e.said('algorithm')}`,
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
