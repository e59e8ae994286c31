import type { JobRequest } from '../ledger/event.ts';

/**
 * Goes with every change that may forbid data to lie or to flow where it does: whoever keeps the streams asks all of them
 * again. Those who make such changes need not know who that is.
 */
export const askStreamsJob = (): JobRequest => ({
  task: 'replication.ask_again',
  key: 'replication:ask-again',
  payload: {},
  maxAttempts: 10,
});
