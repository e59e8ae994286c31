import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const approvalTopic = 'approvals';

const events = declareEvents('approvals', {
  'approval.requested': {
    reads: e => `${e.who} asked for the approval of ${e.said('title') || e.what}`,
    outcome: 'requested',
  },
  'approval.prepared': {
    reads: e => `${e.who} looked at the request ${e.what} to decide it`,
    outcome: 'noted',
    routine: true,
  },
  'approval.signed': {
    reads: e => `${e.who} signed a decision about the request ${e.what}`,
    outcome: 'noted',
  },
  'approval.counted': { reads: e => `${e.who} agreed to the request ${e.what}`, outcome: 'noted' },
  'approval.approved': { reads: e => `The request ${e.what} was approved by ${e.who}` },
  'approval.denied': { reads: e => `${e.who} denied the request ${e.what}`, outcome: 'refused' },
  'approval.glass_broken': { reads: e => `${e.who} broke the glass for the request ${e.what}` },
  'approval.withdrawn': { reads: e => `${e.who} withdrew the request ${e.what}` },
  'approval.voided': { reads: e => `The request ${e.what} is void`, outcome: 'refused' },
  'approval.expired': { reads: e => `The request ${e.what} expired without a decision`, outcome: 'refused' },
  'approval.reminded': {
    reads: e => `Approvers were reminded of the request ${e.what}`,
    outcome: 'noted',
    routine: true,
  },
  'approval.escalated': { reads: e => `The request ${e.what} was escalated`, outcome: 'noted' },
  'approval.released': { reads: e => `The approved command of the request ${e.what} ran` },
  'approval.failed': {
    reads: e => `The approved command of the request ${e.what} could not run`,
    outcome: 'failed',
  },
  'approval.reviewed': { reads: e => `${e.who} reviewed the broken glass of the request ${e.what}` },
  'approval.policy_changed': { reads: e => `${e.who} changed the approval policy ${e.what}` },
  'approval.delegated': { reads: e => `${e.who} delegated approvals` },
  'approval.delegation_revoked': { reads: e => `${e.who} ended a delegation of approvals` },
  'approval.execution_seeded': {
    reads: e => `The simulated execution ${e.what} was set up`,
    outcome: 'noted',
  },
  'approval.execution_ran': { reads: e => `The simulated execution ${e.what} ran` },
});
type ApprovalEvent = keyof typeof events;

export const approvalEvent = (
  type: ApprovalEvent,
  target: { id: string; tenantId?: string | null },
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
  kind: 'approval' | 'approval_policy' | 'delegation' | 'execution' = 'approval',
): CommitEvent => ({
  type,
  target: { kind, id: target.id },
  ...(target.tenantId ? { tenantId: target.tenantId } : {}),
  detail,
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

/** Looks at the request when something is due: a reminder, an escalation, its end. */
export const dueJob = (id: string, at: Date): JobRequest => ({
  task: 'approvals.due',
  key: `approval:due:${id}`,
  payload: { id },
  runAt: at.toISOString(),
  maxAttempts: 5,
});
