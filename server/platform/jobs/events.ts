import type { CommitEvent } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

const events = declareEvents('jobs', {
  'job.retried': { reads: e => `${e.who} started the job ${e.said('task')} again` },
  'job.cancelled': { reads: e => `${e.who} cancelled the job ${e.said('task')}` },
});

export const jobEvent = (type: keyof typeof events, id: number, task: string): CommitEvent => ({
  type,
  target: { kind: 'job', id: String(id) },
  detail: { task },
  topics: [{ topic: 'jobs', key: String(id) }],
});
