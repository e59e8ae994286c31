import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents, type EventFacts } from '#kernel/ledger/reading.ts';

export const approvalTopic = 'approvals';

/** As people know it; what was written before titles were kept has only its id. */
const request = (e: EventFacts) => (e.said('title') ? `“${e.said('title')}”` : `the request ${e.what}`);
const Request = (e: EventFacts) => (e.said('title') ? `“${e.said('title')}”` : `The request ${e.what}`);

const events = declareEvents('approvals', {
  'approval.requested': {
    reads: e => `${e.who} asked for the approval of ${request(e)}`,
    outcome: 'requested',
  },
  'approval.prepared': {
    reads: e => `${e.who} looked at ${request(e)} to decide it`,
    outcome: 'noted',
    routine: true,
  },
  'approval.signed': {
    reads: e => `${e.who} signed a decision about ${request(e)}`,
    outcome: 'noted',
  },
  'approval.counted': { reads: e => `${e.who} agreed to ${request(e)}`, outcome: 'noted' },
  'approval.approved': { reads: e => `${e.who} approved ${request(e)}` },
  'approval.denied': { reads: e => `${e.who} denied ${request(e)}`, outcome: 'refused' },
  'approval.glass_broken': { reads: e => `${e.who} broke the glass for ${request(e)}` },
  'approval.withdrawn': { reads: e => `${e.who} withdrew ${request(e)}` },
  'approval.voided': { reads: e => `${Request(e)} is void`, outcome: 'refused' },
  'approval.expired': { reads: e => `${Request(e)} expired without a decision`, outcome: 'refused' },
  'approval.reminded': {
    reads: e => `Approvers were reminded of ${request(e)}`,
    outcome: 'noted',
    routine: true,
  },
  'approval.escalated': { reads: e => `${Request(e)} was escalated`, outcome: 'noted' },
  'approval.released': { reads: e => `The approved command of ${request(e)} ran` },
  'approval.failed': {
    reads: e => `The approved command of ${request(e)} could not run`,
    outcome: 'failed',
  },
  'approval.reviewed': { reads: e => `${e.who} reviewed the broken glass of ${request(e)}` },
  'approval.policy_changed': { reads: e => `${e.who} changed the approval policy ${e.what}` },
  'approval.delegated': { reads: e => `${e.who} delegated approvals` },
  'approval.delegation_revoked': { reads: e => `${e.who} ended a delegation of approvals` },
});
type ApprovalEvent = keyof typeof events;

export const approvalEvent = (
  type: ApprovalEvent,
  target: { id: string; tenantId?: string | null; title?: string },
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
  kind: 'approval' | 'approval_policy' | 'delegation' = 'approval',
): CommitEvent => ({
  type,
  target: { kind, id: target.id },
  ...(target.tenantId ? { tenantId: target.tenantId } : {}),
  detail: { ...(target.title ? { title: target.title } : {}), ...detail },
  topics: [{ topic: approvalTopic, key: target.id }],
  ...(jobs.length > 0 ? { jobs } : {}),
});

/** Runs the approved command; one at a time for each request, and again until it is settled. */
export const releaseJob = (id: string): JobRequest => ({
  task: 'approvals.release',
  key: `approval:release:${id}`,
  payload: { id },
  maxAttempts: 25,
});

/** For the message to those who decide; what the requester is told is another group. */
export const unheardJob = (groupKey: string): JobRequest | null => {
  const [, id] = /^approval:([0-9a-f-]{36})$/.exec(groupKey) ?? [];
  return id === undefined
    ? null
    : { task: 'approvals.unheard', key: `approval:unheard:${id}`, payload: { id }, maxAttempts: 5 };
};

/** Looks at the request when something is due: a reminder, an escalation, its end. */
export const dueJob = (id: string, at: Date): JobRequest => ({
  task: 'approvals.due',
  key: `approval:due:${id}`,
  payload: { id },
  runAt: at.toISOString(),
  maxAttempts: 5,
});
