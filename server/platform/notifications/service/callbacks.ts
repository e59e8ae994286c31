import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { env } from '#kernel/env/env.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { callbackRefused, callbackReplayed } from '../errors.ts';
import { notificationEvent } from '../events.ts';
import { slackSignatureFault } from '../rules/slack.ts';
import { findByNonce, takeCallback } from '../store/deliveries.ts';
import { telegramSecret } from './gateways.ts';
import { takeTelegramLink } from './preferences.ts';

const slackAction = z.object({
  type: z.literal('block_actions'),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().max(64).optional() })).min(1),
});

const telegramUpdate = z.object({
  update_id: z.int(),
  message: z.object({ text: z.string().optional(), chat: z.object({ id: z.int() }) }).optional(),
  callback_query: z.object({ id: z.string().max(100), data: z.string().max(64).optional() }).optional(),
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const settledWords = 'This matter is settled already; the page shows what became of it.';

interface SlackCall {
  timestamp: string | null;
  signature: string | null;
  body: string;
}

/**
 * A pressed button. It says where to decide, and decides nothing: whoever presses it is known to Slack, not to us. The
 * signature is checked over the bytes that arrived, before anything of them is read.
 */
export async function receiveSlack(
  ctx: CommandContext,
  call: SlackCall,
): Promise<{ response_type: 'ephemeral'; replace_original: false; text: string }> {
  const secret = env().vars.SLACK_SIGNING_SECRET;
  const fault = secret ? slackSignatureFault(call, secret, ctx.clock.now()) : 'unsigned';
  if (fault) throw callbackRefused(fault);
  const parsed = slackAction.safeParse(asJson(new URLSearchParams(call.body).get('payload')));
  const nonce = parsed.success ? parsed.data.actions[0]?.value : undefined;
  if (!nonce) throw callbackRefused('malformed');
  const found = await pressed(ctx, 'slack', `slack:${sha256(call.signature ?? '')}`, nonce);
  return {
    response_type: 'ephemeral',
    replace_original: false,
    text: found.settled ? `${settledWords} ${found.url}` : `Review it in the console: ${found.url}`,
  };
}

/** The answer to Telegram's call is itself the next call: the link appears without another round trip. */
export async function receiveTelegram(
  ctx: CommandContext,
  call: { secret: string | null; body: string },
): Promise<{ [key: string]: unknown }> {
  const wanted = Buffer.from(sha256(telegramSecret()));
  if (!env().vars.TELEGRAM_BOT_TOKEN || !call.secret) throw callbackRefused('unsigned');
  if (!timingSafeEqual(wanted, Buffer.from(sha256(call.secret)))) throw callbackRefused('forged');
  const parsed = telegramUpdate.safeParse(asJson(call.body));
  if (!parsed.success) throw callbackRefused('malformed');
  const { update_id, message, callback_query } = parsed.data;
  const id = `telegram:${update_id}`;
  if (callback_query) {
    const found = await pressed(ctx, 'telegram', id, callback_query.data ?? '');
    return {
      method: 'answerCallbackQuery',
      callback_query_id: callback_query.id,
      show_alert: true,
      text: `${found.settled ? 'Settled already.' : 'Review it in the console:'} ${found.url}`.slice(0, 200),
    };
  }
  const code = /^\/start(?:@\w+)?\s+([A-Z2-9]{10})\s*$/.exec(message?.text ?? '')?.[1];
  if (!message || !code) return {};
  // Codes are short enough to be typed, so they must not be tried by the thousand.
  await takeToken(
    ctx.database,
    `telegram-link:${message.chat.id}`,
    { capacity: 5, perSecond: 1 / 60 },
    ctx.clock.now(),
  );
  const linked = await takeTelegramLink(ctx, code, String(message.chat.id));
  return {
    method: 'sendMessage',
    chat_id: message.chat.id,
    text: linked
      ? 'This chat is linked. Messages of the console that are meant for you arrive here.'
      : 'This code is wrong, spent or too old. Ask the console for a new one.',
  };
}

async function pressed(
  ctx: CommandContext,
  channel: 'slack' | 'telegram',
  id: string,
  nonce: string,
): Promise<{ url: string; settled: boolean }> {
  const found = await findByNonce(ctx.db, nonce);
  if (found?.channel !== channel) throw callbackRefused('malformed');
  await ctx.commit(
    notificationEvent('notification.callback', { kind: 'delivery', id: found.id }, { channel }),
    async tx => {
      if (!(await takeCallback(tx, id, ctx.clock.now()))) throw callbackReplayed();
    },
  );
  return { url: new URL(found.link, env().publicUrl).href, settled: found.state === 'retired' };
}

function asJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}
