import type { CommitEvent, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';
import { askStreamsJob } from '#kernel/regions/ask-streams.ts';

export const policyTopic = 'policies';
export const rolloutTopic = 'rollouts';

const events = declareEvents('policies', {
  'policy.published': {
    reads: e => `${e.who} published version ${e.said('version')} of the policy ${e.what}`,
    outcome: 'requested',
  },
  'policy.staged': {
    reads: e =>
      `Version ${e.said('version')} of the policy ${e.what} was staged at ${e.said('relays') || 'its'} relays`,
    outcome: 'noted',
  },
  'policy.activated': {
    reads: e =>
      `Version ${e.said('version')} of the policy ${e.what} became active, epoch ${e.said('epoch')}`,
  },
  'policy.withdrawn': {
    reads: e => `Version ${e.said('version')} of the policy ${e.what} was withdrawn`,
    outcome: 'failed',
  },
  'policy.revoking': { reads: e => `${e.who} had the policy ${e.what} revoked`, outcome: 'requested' },
  'policy.revoked': { reads: e => `The policy ${e.what} was revoked everywhere` },
  'policy.draft_saved': { reads: e => `${e.who} saved a draft of the policy ${e.what}`, outcome: 'noted' },
  'policy.draft_discarded': {
    reads: e => `${e.who} discarded the draft of the policy ${e.what}`,
    outcome: 'noted',
  },
  'policy.decisions_recorded': {
    reads: () => 'A sample of what policies decided was written down',
    outcome: 'noted',
    routine: true,
  },
  'policy.keys_published': { reads: () => 'Relays were told which keys the hub signs with' },
});
export type PolicyEvent = keyof typeof events;

export const policyEvent = (
  type: PolicyEvent,
  policy: { id: string; tenantId: string | null },
  detail: { [key: string]: Json },
  rollout?: string,
): CommitEvent => ({
  type,
  target: { kind: 'policy', id: policy.id },
  ...(policy.tenantId === null ? {} : { tenantId: policy.tenantId }),
  detail,
  topics: [
    { topic: policyTopic, key: policy.id },
    ...(rollout ? [{ topic: rolloutTopic, key: rollout }] : []),
  ],
  ...(type === 'policy.activated' || type === 'policy.revoked' ? { jobs: [askStreamsJob()] } : {}),
});
