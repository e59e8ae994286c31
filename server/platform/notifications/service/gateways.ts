import { env } from '#kernel/env/env.ts';
import { gatewayState } from '#kernel/env/gateways.ts';
import type { SafeFetchDeps } from '#kernel/http/safe-fetch.ts';
import { unseal } from '#kernel/signing/seal.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readContacts } from '#server/platform/identity/service.ts';
import { mailGateway } from '../gateway.real/mail.ts';
import { slackGateway } from '../gateway.real/slack.ts';
import { telegramGateway } from '../gateway.real/telegram.ts';
import { webhookGateway } from '../gateway.real/webhook.ts';
import { simulatedChannel } from '../gateway.simulated.ts';
import type { ChannelGateway, Target } from '../gateway.ts';
import type { Channel } from '../schema.ts';
import { findSealedEndpoint, selectPreferences } from '../store/settings.ts';

/** An endpoint exists only because somebody entered it, so it is always called for real. */
export const isReal = (channel: Channel): boolean =>
  channel === 'webhook' || gatewayState(channel).state === 'real';

export function gatewayOf(channel: Channel, deps: SafeFetchDeps = {}): ChannelGateway {
  if (!isReal(channel)) return simulatedChannel(channel);
  const { vars } = env();
  if (channel === 'webhook') return webhookGateway(deps);
  if (channel === 'slack')
    return slackGateway({
      apiUrl: vars.SLACK_API_URL,
      botToken: vars.SLACK_CHANNEL ? vars.SLACK_BOT_TOKEN : undefined,
      channel: vars.SLACK_CHANNEL,
      webhookUrl: vars.SLACK_WEBHOOK_URL,
    });
  if (channel === 'telegram')
    return telegramGateway({ apiUrl: vars.TELEGRAM_API_URL, botToken: vars.TELEGRAM_BOT_TOKEN ?? '' });
  const host = new URL(env().publicUrl).hostname;
  return mailGateway({
    url: vars.SMTP_URL ?? '',
    from: vars.SMTP_FROM ?? `ATOM Console <atom-console@${host}>`,
    host,
  });
}

export const sealKey = () => env().secret('seal');
export const endpointSeal = (id: string): string => `notification_endpoint:${id}`;
/** What Telegram proves itself with; nobody has to choose or to keep it. */
export const telegramSecret = (): string => env().secret('telegram-webhook').toString('hex');

/**
 * Where a recipient is to be found at this moment: people move, leave, and change their minds between the message and
 * the try. Null when there is nobody any more.
 */
export async function targetOf(
  ctx: ReadContext,
  channel: Channel,
  recipient: string,
): Promise<Target | null> {
  const { vars } = env();
  const [kind = '', id = ''] = recipient.split(/:(.*)/s);
  if (kind === 'endpoint') {
    const endpoint = await findSealedEndpoint(ctx.db, id);
    if (!endpoint?.enabled) return null;
    const secret = unseal(sealKey(), endpoint.sealedSecret, endpointSeal(id)).toString();
    return { kind: 'webhook', url: endpoint.url, secret };
  }
  if (kind === 'shared')
    return channel === 'slack'
      ? { kind: 'slack', channel: null }
      : { kind: 'telegram', chat: vars.TELEGRAM_CHAT_ID ?? 'simulated' };
  if (kind === 'fallback')
    return vars.ADMIN_APPROVER_EMAIL ? { kind: 'mail', address: vars.ADMIN_APPROVER_EMAIL } : null;
  const [person] = await readContacts(ctx, { users: [id], roles: [] });
  if (!person) return null;
  if (channel === 'mail') return person.email === null ? null : { kind: 'mail', address: person.email };
  const [said] = await selectPreferences(ctx.db, [id]);
  // A webhook alone leads to its one channel, and what is meant for a person must not end up there.
  const direct = !isReal('slack') || (vars.SLACK_BOT_TOKEN !== undefined && vars.SLACK_CHANNEL !== undefined);
  if (channel === 'slack')
    return said?.slackMember && direct ? { kind: 'slack', channel: said.slackMember } : null;
  return said?.telegramChat ? { kind: 'telegram', chat: said.telegramChat } : null;
}
