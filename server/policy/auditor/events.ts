import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

declareEvents('edgeAudits', {
  'edgeaudit.committed': {
    reads: e =>
      `${e.who} audited the edge: ${e.said('findings') || 'no'} findings, ${e.said('failed') || 'none'} of them failed`,
    outcome: 'noted',
  },
  'edgeaudit.shown': {
    reads: e => `The findings of the edge audit ${e.id} were made readable`,
    outcome: 'noted',
    routine: true,
  },
});

export const auditTopic = 'edgeAudits';

export const auditEvent = (
  type: 'edgeaudit.committed' | 'edgeaudit.shown',
  id: string,
  detail: { [key: string]: Json },
  causedBy?: string,
): CommitEvent => ({
  type,
  target: { kind: 'edge_audit', id },
  detail,
  // Hints go out with the rows, not with the promise of them.
  topics: type === 'edgeaudit.shown' ? [{ topic: auditTopic, key: id }, { topic: 'portal' }] : [],
  ...(causedBy ? { causedBy: [causedBy] } : {}),
});
