import type { CommitEvent, JobRequest, Json } from '#kernel/ledger/event.ts';
import { declareEvents } from '#kernel/ledger/reading.ts';

export const notificationTopic = 'notifications';

const events = declareEvents('notifications', {
  'notification.created': {
    reads: e => `A notification was written: ${e.said('title') || e.what}`,
    outcome: 'noted',
    routine: true,
  },
  'notification.requested': {
    reads: e => `${e.who} asked that people be told: ${e.said('title') || e.what}`,
    outcome: 'requested',
    routine: true,
  },
  'notification.retired': {
    reads: e => `The matter of the notification ${e.what} was settled`,
    routine: true,
  },
  'notification.delivered': {
    reads: e => `A notification went out by ${e.said('channel') || 'a channel'}`,
    routine: true,
  },
  'notification.deferred': {
    reads: e => `A notification could not go out by ${e.said('channel') || 'its channel'} yet`,
    outcome: 'noted',
    routine: true,
  },
  'notification.given_up': {
    reads: e => `A notification could not be delivered by ${e.said('channel') || 'its channel'}`,
    outcome: 'failed',
  },
  'notification.undelivered': {
    reads: e => `The notification ${e.what} reached nobody outside the console`,
    outcome: 'failed',
  },
  'notification.cancelled': { reads: e => `The delivery ${e.what} was cancelled`, routine: true },
  'notification.simulated': {
    reads: e => `A notification by ${e.said('channel') || 'a channel'} was simulated`,
    outcome: 'noted',
    routine: true,
  },
  'notification.retried': { reads: e => `${e.who} had the delivery ${e.what} tried again` },
  'notification.tested': { reads: e => `${e.who} sent a test by the channel ${e.what}` },
  'notification.read': { reads: e => `${e.who} read notifications`, routine: true },
  'notification.callback': { reads: e => `The channel ${e.what} called back`, outcome: 'noted' },
  'notification.preferences_changed': { reads: e => `${e.what} changed what they are notified of` },
  'notification.telegram_linked': { reads: e => `${e.what} linked a Telegram chat` },
  'notification.telegram_connected': { reads: e => `A Telegram chat was connected to ${e.what}` },
  'notification.endpoint_created': { reads: e => `${e.who} added the webhook endpoint ${e.what}` },
  'notification.endpoint_updated': { reads: e => `${e.who} changed the webhook endpoint ${e.what}` },
  'notification.endpoint_rotated': {
    reads: e => `${e.who} gave the webhook endpoint ${e.what} a new secret`,
  },
  'notification.endpoint_removed': { reads: e => `${e.who} removed the webhook endpoint ${e.what}` },
});
type NotificationEvent = keyof typeof events;

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
