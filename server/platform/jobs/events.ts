import type { CommitEvent } from '#kernel/ledger/event.ts';

export const jobEvent = (type: 'job.retried' | 'job.cancelled', id: number, task: string): CommitEvent => ({
  type,
  target: { kind: 'job', id: String(id) },
  detail: { task },
  topics: [{ topic: 'jobs', key: String(id) }],
});
