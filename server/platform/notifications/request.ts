import { uuidv7 } from '#kernel/ids/ids.ts';
import type { JobRequest } from '#kernel/ledger/event.ts';
import { type Message, messageInput, type Outcome } from './schema.ts';

/**
 * What another system puts into its commit's `jobs`: the message leaves with the change or not at all. The id makes it
 * arrive once however often the job runs, and orders it against a retirement of the same group that overtakes it.
 */
export function notificationJob(message: Message): JobRequest {
  const id = uuidv7();
  return {
    task: 'notifications.accept',
    key: `notification:${id}`,
    payload: { id, message: messageInput.parse(message) },
    maxAttempts: 10,
  };
}

/** Says that the matter is settled: what is waiting is not sent any more, what was sent is updated or followed up. */
export function retireJob(groupKey: string, outcome: Outcome = 'decided'): JobRequest {
  const id = uuidv7();
  return {
    task: 'notifications.retire',
    key: `notification:retire:${id}`,
    payload: { id, groupKey, outcome },
    maxAttempts: 10,
  };
}
