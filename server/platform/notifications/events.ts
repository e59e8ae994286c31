import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';

export const notificationTopic = 'notifications';

type NotificationEvent =
  | 'notification.requested'
  | 'notification.retired'
  | 'notification.delivered'
  | 'notification.deferred'
  | 'notification.given_up'
  | 'notification.undelivered'
  | 'notification.cancelled'
  | 'notification.simulated'
  | 'notification.retried'
  | 'notification.tested'
  | 'notification.read'
  | 'notification.callback'
  | 'notification.preferences_changed'
  | 'notification.telegram_linked'
  | 'notification.endpoint_created'
  | 'notification.endpoint_updated'
  | 'notification.endpoint_rotated'
  | 'notification.endpoint_removed'
  | 'notification.telegram_connected';

export const notificationEvent = (
  type: NotificationEvent,
  target: { kind: 'notification' | 'delivery' | 'endpoint' | 'user' | 'channel'; id: string },
  detail: { [key: string]: Json } = {},
  jobs: JobRequest[] = [],
): CommitEvent => ({
  type,
  target,
  detail,
  topics: [{ topic: notificationTopic, key: target.id }],
  ...(jobs.length > 0 ? { jobs } : {}),
});

/** Runs now, or at a moment: a later request for the same delivery replaces the earlier one. */
export const deliverJob = (id: string, at?: Date): JobRequest => ({
  task: 'notifications.deliver',
  key: `notification:deliver:${id}`,
  payload: { id },
  maxAttempts: 3,
  ...(at ? { runAt: at.toISOString() } : {}),
});
