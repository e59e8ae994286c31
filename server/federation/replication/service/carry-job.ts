import type { JobRequest } from '#kernel/ledger/event.ts';

export const carryJob = (id: string): JobRequest => ({
  task: 'replication.carry_out',
  key: `replication:${id}`,
  payload: { id },
  queue: `replication:${id}`,
  maxAttempts: 12,
});
