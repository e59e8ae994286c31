import { env } from '#kernel/env/env.ts';
import { gatewayState } from '#kernel/env/gateways.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { readContacts } from '#server/platform/identity/service.ts';
import { needsHttps, noAddress, noSuchEndpoint, notConnected, telegramRefused } from '../errors.ts';
import { notificationEvent } from '../events.ts';
import { setTelegramWebhook } from '../gateway.real/telegram.ts';
import type { Channel, ChannelRow } from '../schema.ts';
import { channels } from '../schema.ts';
import { selectChannelFigures } from '../store/log.ts';
import { findEndpoint, selectCircuits, selectEndpoints } from '../store/settings.ts';
import { acceptMessage } from './accept.ts';
import { shownEndpoint } from './endpoints.ts';
import { isReal, telegramSecret } from './gateways.ts';

const titles: Record<Channel, string> = {
  slack: 'Slack',
  telegram: 'Telegram',
  mail: 'E-mail',
  webhook: 'Webhooks',
};
const closedCircuit = { state: 'closed' as const, failures: 0, retryAt: null };

export async function readChannels(ctx: ReadContext) {
  const since = new Date(ctx.clock.now().getTime() - 86_400_000);
  const [figures, circuits, endpoints] = await Promise.all([
    selectChannelFigures(ctx.db, since),
    selectCircuits(ctx.db),
    selectEndpoints(ctx.db),
  ]);
  const circuitOf = (key: string) => {
    const found = circuits.find(circuit => circuit.channel === key);
    return found ? { state: found.state, failures: found.failures, retryAt: found.retryAt } : closedCircuit;
  };
  const rows = channels.map((channel): ChannelRow => {
    const found = figures.find(row => row.channel === channel);
    const { state, reason } = channel === 'webhook' ? webhookState(endpoints.length) : gatewayState(channel);
    return {
      channel,
      title: titles[channel],
      state,
      reason,
      callback: callbackOf(channel),
      circuit: circuitOf(channel),
      day: { delivered: found?.delivered ?? 0, simulated: found?.simulated ?? 0 },
      dead: found?.dead ?? 0,
      waiting: found?.waiting ?? 0,
      lastAt: found?.lastAt ?? null,
    };
  });
  return {
    channels: rows,
    endpoints: endpoints.map(endpoint => ({
      ...shownEndpoint(endpoint),
      circuit: circuitOf(`webhook:${endpoint.id}`),
    })),
    fallback: env().vars.ADMIN_APPROVER_EMAIL !== undefined,
  };
}

const webhookState = (n: number) => ({
  state: 'real' as const,
  reason:
    n === 0 ? 'no endpoint is entered yet' : `${n} ${n === 1 ? 'endpoint is' : 'endpoints are'} entered`,
});

function callbackOf(channel: Channel): ChannelRow['callback'] {
  const url = (name: string) => new URL(`/api/callbacks/${name}`, env().publicUrl).href;
  if (channel === 'slack') {
    const accepted = env().vars.SLACK_SIGNING_SECRET !== undefined;
    return {
      url: url('slack'),
      accepted,
      reason: accepted ? 'signed with SLACK_SIGNING_SECRET' : 'refused until SLACK_SIGNING_SECRET is set',
    };
  }
  if (channel === 'telegram') {
    const accepted = env().vars.TELEGRAM_BOT_TOKEN !== undefined;
    return {
      url: url('telegram'),
      accepted,
      reason: accepted
        ? 'proved with a secret that this console gave to Telegram'
        : 'refused until TELEGRAM_BOT_TOKEN is set',
    };
  }
  return null;
}

/** Through the same path as every message: what arrives is what an approver would get. */
export async function sendTest(
  ctx: CommandContext,
  { channel, endpointId }: { channel: Channel; endpointId?: string | undefined },
): Promise<{ deliveryId: string }> {
  const now = ctx.clock.now();
  const id = uuidv7();
  const deliveries = await acceptMessage(
    ctx,
    {
      id,
      message: {
        groupKey: `test:${id}`,
        kind: 'system',
        severity: 'info',
        title: `Test of ${titles[channel]}`,
        lines: [
          { label: 'Asked for by', value: ctx.principal.name },
          { label: 'What this shows', value: 'Messages of this console arrive here.' },
        ],
        link: '/settings/channels',
        to: { users: [ctx.principal.id] },
      },
    },
    { channel, recipient: await testRecipient(ctx, channel, endpointId), notBefore: now },
  );
  return { deliveryId: deliveries[0] ?? id };
}

async function testRecipient(
  ctx: ReadContext,
  channel: Channel,
  endpointId: string | undefined,
): Promise<string> {
  if (channel === 'webhook') {
    if (!endpointId || !(await findEndpoint(ctx.db, endpointId))) throw noSuchEndpoint(endpointId ?? '');
    return `endpoint:${endpointId}`;
  }
  if (channel !== 'mail') return 'shared';
  const [me] = await readContacts(ctx, { users: [ctx.principal.id], roles: [] });
  if (me?.email) return `user:${me.id}`;
  if (env().vars.ADMIN_APPROVER_EMAIL) return 'fallback';
  throw noAddress();
}

/** Tells Telegram where to call, and with which secret to prove itself. */
export async function connectTelegram(ctx: CommandContext): Promise<{ done: true }> {
  const { vars, publicUrl } = env();
  if (!isReal('telegram') || !vars.TELEGRAM_BOT_TOKEN) throw notConnected('Telegram');
  const url = new URL('/api/callbacks/telegram', publicUrl).href;
  if (!url.startsWith('https:') && new URL(vars.TELEGRAM_API_URL).hostname === 'api.telegram.org')
    throw needsHttps();
  const fault = await setTelegramWebhook(
    { apiUrl: vars.TELEGRAM_API_URL, botToken: vars.TELEGRAM_BOT_TOKEN },
    url,
    telegramSecret(),
    AbortSignal.timeout(10_000),
  );
  if (fault !== null) throw telegramRefused(fault);
  await ctx.commit(
    notificationEvent('notification.telegram_connected', { kind: 'channel', id: 'telegram' }, { url }),
    async () => {},
  );
  return { done: true };
}
