import type { CommitEvent, JobRequest } from '#kernel/ledger/event.ts';
import { notificationJob, retireJob } from '#server/platform/notifications/request.ts';

export const policyEvent = (
  type: 'policy.violated' | 'policy.restored' | 'policy.checked',
  control: string,
  detail: { policy?: string; reason?: string; failed?: number },
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target: { kind: 'control', id: control },
  detail: Object.fromEntries(Object.entries(detail).filter(([, v]) => v !== undefined)),
  topics: [{ topic: 'alerts', key: control }],
  ...(jobs.length > 0 ? { jobs } : {}),
});

const groupOf = (control: string) => `alert:${control}`;

/** Whoever runs the console hears when a policy stops being kept, or cannot be proved any more. */
export const alertMessage = (
  control: { id: string; policy: string; title: string },
  result: 'FAIL' | 'BLOCKED',
  reason: string,
): JobRequest =>
  notificationJob({
    groupKey: groupOf(control.id),
    kind: 'alert',
    severity: result === 'FAIL' ? 'critical' : 'warning',
    title:
      result === 'FAIL'
        ? `${control.policy} is not kept: ${control.title}`.slice(0, 200)
        : `${control.policy} cannot be proved any more: ${control.title}`.slice(0, 200),
    lines: [
      { label: 'Control', value: control.id },
      { label: 'Found', value: reason.slice(0, 500) },
    ],
    link: '/',
    to: { roles: ['admin', 'operator'] },
  });

export const alertOver = (control: string): JobRequest => retireJob(groupOf(control));
