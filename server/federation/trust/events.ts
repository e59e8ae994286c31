import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const trustTopic = 'trust';

const events = declareEvents('trust', {
  'federation.invited': { reads: e => `${e.who} invited ${e.what} into the federation` },
  'federation.joined': {
    reads: e => `${e.what} joined with its own keys and waits for two approvers`,
    outcome: 'requested',
  },
  'federation.join_refused': {
    reads: e => `A join in the name of ${e.what} was refused`,
    outcome: 'refused',
  },
  'federation.accepted': { reads: e => `${e.who} joined the federation of ${e.what}`, outcome: 'requested' },
  'federation.admitted': { reads: e => `${e.who} admitted ${e.what} into the federation` },
  'federation.suspended': { reads: e => `${e.who} suspended the member ${e.what}` },
  'federation.resumed': { reads: e => `${e.who} took the member ${e.what} up again` },
  'federation.revoked': { reads: e => `${e.who} revoked the trust in ${e.what}` },
  'federation.renumbered': {
    reads: e =>
      `${e.what} has heard of a revocation that this console does not know; everybody is told everything again`,
    outcome: 'noted',
  },
  'federation.announced': {
    reads: e => `${e.said('by')} announced that it no longer trusts ${e.what}`,
    outcome: 'noted',
  },
  'federation.announcement_refused': {
    reads: e => `A message in the name of ${e.what} was refused`,
    outcome: 'refused',
  },
  'federation.bundle_published': {
    reads: e => `The console published its trust bundle ${e.said('sequence')}`,
    outcome: 'noted',
  },
  'federation.bundle_refreshed': {
    reads: e => `The trust bundle of ${e.what} went to ${e.said('sequence')}`,
    outcome: 'noted',
  },
  'federation.bundle_refused': {
    reads: e => `A trust bundle of ${e.what} was refused; the last good one is kept`,
    outcome: 'refused',
  },
  'federation.governed': { reads: e => `${e.who} changed what may flow in the federation` },
});
type TrustEvent = keyof typeof events;

const kinds: Partial<Record<TrustEvent, string>> = {
  'federation.governed': 'federation_rules',
  'federation.renumbered': 'federation_listener',
};

export const trustEvent = (
  type: TrustEvent,
  id: string,
  detail: { [key: string]: Json } = {},
  jobs?: JobRequest[],
): CommitEvent => ({
  type,
  target: { kind: kinds[type] ?? 'federation_member', id },
  detail,
  topics: [{ topic: trustTopic, key: id }],
  ...(jobs ? { jobs } : {}),
});
