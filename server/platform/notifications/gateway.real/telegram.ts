import { redact } from '#kernel/redact/redact.ts';
import { nonceMark } from '../gateway.simulated.ts';
import type { Answer, ChannelGateway, Parcel } from '../gateway.ts';
import type { Effect } from '../rules/exchange.ts';
import { telegramMessage, telegramRetired } from '../rules/telegram.ts';
import { type Called, callJson, keptAnswer } from './call.ts';

export interface TelegramConfig {
  apiUrl: string;
  botToken: string;
}

export function telegramGateway(config: TelegramConfig): ChannelGateway {
  /** The token stands in the path, so the address is never kept or shown. */
  const call = (method: string, body: unknown, signal: AbortSignal) =>
    callJson(`${config.apiUrl.replace(/\/$/, '')}/bot${config.botToken}/${method}`, body, {}, signal);

  async function send(body: Record<string, unknown>, parcel: Parcel, effect: Effect, signal: AbortSignal) {
    const chat = parcel.target.kind === 'telegram' ? parcel.target.chat : '';
    const sent = { chat_id: chat, ...body };
    const called = await call('sendMessage', sent, signal);
    const exchange = exchangeOf('sendMessage', sent, parcel, called);
    const result = called.json.result as { message_id?: unknown } | undefined;
    return (
      called.json.ok === true
        ? {
            ...exchange,
            result: 'delivered',
            effect,
            remote: result?.message_id === undefined ? null : { chat, message: String(result.message_id) },
          }
        : { ...exchange, ...refusal(called) }
    ) satisfies Answer;
  }

  return {
    channel: 'telegram',
    real: true,
    send: (parcel, signal) => send(telegramMessage(parcel.content, parcel.nonce), parcel, 'sent', signal),
    retire: async (parcel, remote, outcome, signal) => {
      const body = telegramRetired(parcel.content, outcome);
      if (!remote?.message) return send(body, parcel, 'followed_up', signal);
      const edit = { chat_id: remote.chat, message_id: Number(remote.message), ...body };
      const called = await call('editMessageText', edit, signal);
      const exchange = exchangeOf('editMessageText', edit, parcel, called);
      const said = String(called.json.description ?? '');
      if (called.json.ok === true || /message is not modified/i.test(said))
        return { ...exchange, result: 'delivered', effect: 'updated', remote };
      // Gone, too old, or an API that cannot edit: then the chat is told instead.
      if (called.status === 400 || called.status === 404) return send(body, parcel, 'followed_up', signal);
      return { ...exchange, ...refusal(called) };
    },
  };
}

/** Has Telegram call us, and prove with a secret of ours that it does. */
export async function setTelegramWebhook(
  config: TelegramConfig,
  url: string,
  secret: string,
  signal: AbortSignal,
): Promise<string | null> {
  const called = await callJson(
    `${config.apiUrl.replace(/\/$/, '')}/bot${config.botToken}/setWebhook`,
    { url, secret_token: secret, allowed_updates: ['message', 'callback_query'] },
    {},
    signal,
  );
  return called.json.ok === true
    ? null
    : (called.fault ?? String(called.json.description ?? `status ${called.status}`));
}

/** The answer may repeat the message, nonce and all. */
function exchangeOf(method: string, body: Record<string, unknown>, parcel: Parcel, called: Called) {
  const kept = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replaceAll(parcel.nonce, nonceMark(parcel.nonce)));
  return {
    request: { what: `POST ${method}`, body: redact(kept(body)) },
    response: kept(keptAnswer(called)),
  };
}

function refusal(called: Called) {
  const reason = called.fault ?? String(called.json.description ?? `status ${called.status}`);
  const parameters = called.json.parameters as { retry_after?: unknown } | undefined;
  const wait = Number(parameters?.retry_after);
  if (called.status === 429)
    return {
      result: 'retry',
      reason,
      patience: true,
      ...(Number.isFinite(wait) ? { retryAfterMs: wait * 1000 } : {}),
    } as const;
  if (called.status === 0 || called.status >= 500) return { result: 'retry', reason } as const;
  // 401 and 404 are said of the token, 400 and 403 of the chat.
  const ours = called.status === 401 || called.status === 404;
  return { result: 'dead', reason, fault: ours ? 'channel' : 'recipient' } as const;
}
