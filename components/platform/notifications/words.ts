import type { Tone } from '#components/ui/pill.tsx';
import type { ChannelRow, DeliveryRow, InboxRow, Kind } from '#server/platform/notifications/schema.ts';

export const kindWords: Record<Kind, string> = {
  approval: 'Approval',
  alert: 'Alert',
  security: 'Security',
  system: 'System',
};

export const channelWords: Record<ChannelRow['channel'], string> = {
  slack: 'Slack',
  telegram: 'Telegram',
  mail: 'E-mail',
  webhook: 'Webhook',
};

export const severityTone: Record<InboxRow['severity'], Tone> = {
  info: 'idle',
  warning: 'watch',
  critical: 'bad',
};

export const stateTone: Record<DeliveryRow['state'], Tone> = {
  waiting: 'idle',
  sending: 'idle',
  delivered: 'ok',
  simulated: 'sim',
  dead: 'bad',
  cancelled: 'idle',
};

export const stateWords: Record<DeliveryRow['state'], string> = {
  waiting: 'waiting',
  sending: 'sending',
  delivered: 'delivered',
  simulated: 'simulated',
  dead: 'given up',
  cancelled: 'not sent',
};

export const effectWords: Record<NonNullable<DeliveryRow['effect']>, string> = {
  sent: 'sent',
  updated: 'the message was updated',
  deleted: 'the message was deleted',
  followed_up: 'a follow-up was sent',
};

export const outcomeWords: Record<NonNullable<InboxRow['outcome']>, string> = {
  decided: 'settled',
  expired: 'expired',
  withdrawn: 'withdrawn',
};
