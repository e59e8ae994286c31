import { createHash } from 'node:crypto';
import type { Answer, ChannelGateway, Parcel } from './gateway.ts';
import { mailOf, mailRetired } from './rules/mail.ts';
import { slackMessage, slackRetired } from './rules/slack.ts';
import { telegramMessage, telegramRetired } from './rules/telegram.ts';
import { webhookBody, webhookRetiredBody } from './rules/webhook.ts';
import type { Channel, Outcome } from './schema.ts';

/** A channel that is not connected: what would have been said is rendered and recorded, and nothing leaves. */
export function simulatedChannel(channel: Channel): ChannelGateway {
  const record = (body: unknown): Answer => ({
    result: 'simulated',
    request: { simulated: true, body },
    response: { simulated: true, said: `${channel} is not connected; nothing was sent` },
  });
  return {
    channel,
    real: false,
    send: async parcel => record(rendered(channel, parcel)),
    retire: async (parcel, _remote, outcome) => record(renderedRetired(channel, parcel, outcome)),
  };
}

function rendered(channel: Channel, { content, nonce }: Parcel): unknown {
  if (channel === 'slack') return slackMessage(content, nonceMark(nonce));
  if (channel === 'telegram') return telegramMessage(content, nonceMark(nonce));
  if (channel === 'webhook') return JSON.parse(webhookBody(content));
  const { subject, text } = mailOf(content);
  return { subject, text };
}

function renderedRetired(channel: Channel, { content, now }: Parcel, outcome: Outcome): unknown {
  if (channel === 'slack') return slackRetired(content, outcome);
  if (channel === 'telegram') return telegramRetired(content, outcome);
  if (channel === 'webhook') return JSON.parse(webhookRetiredBody(content, outcome, now));
  const { subject, text } = mailRetired(content, outcome);
  return { subject, text };
}

/** Recognisable in the log, and worth nothing there. */
export const nonceMark = (nonce: string): string =>
  `nonce:${createHash('sha256').update(nonce).digest('hex').slice(0, 12)}`;
