import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';

export const approvalTopic = 'approvals';

type ApprovalEvent =
  | 'approval.requested'
  | 'approval.prepared'
  | 'approval.signed'
  | 'approval.counted'
  | 'approval.approved'
  | 'approval.denied'
  | 'approval.glass_broken'
  | 'approval.withdrawn'
  | 'approval.voided'
  | 'approval.expired'
  | 'approval.reminded'
  | 'approval.escalated'
  | 'approval.released'
  | 'approval.failed'
  | 'approval.reviewed'
  | 'approval.policy_changed'
  | 'approval.delegated'
  | 'approval.delegation_revoked'
  | 'approval.execution_seeded'
  | 'approval.execution_ran';

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
