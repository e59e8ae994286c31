import { redact } from '#kernel/redact/redact.ts';
import { nonceMark } from '../gateway.simulated.ts';
import type { Answer, ChannelGateway, Parcel } from '../gateway.ts';
import { retryAfterMs } from '../rules/backoff.ts';
import type { Effect } from '../rules/exchange.ts';
import { slackMessage, slackRetired } from '../rules/slack.ts';
import { type Called, callJson, keptAnswer } from './call.ts';

export interface SlackConfig {
  apiUrl: string;
  botToken?: string | undefined;
  channel?: string | undefined;
  webhookUrl?: string | undefined;
}

const channelFaults = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'org_login_required',
  'ekm_access_denied',
]);
const passing = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'team_added_to_org',
]);
const cannotUpdate = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'is_inactive',
]);

/** The bot posts, updates and writes to people; a webhook alone only posts to its one channel. */
export function slackGateway(config: SlackConfig): ChannelGateway {
  const call = async (method: string, body: Record<string, unknown>, parcel: Parcel, signal: AbortSignal) => {
    const called = await callJson(
      `${config.apiUrl.replace(/\/$/, '')}/${method}`,
      body,
      { authorization: `Bearer ${config.botToken}` },
      signal,
    );
    return { called, exchange: exchangeOf(`POST ${method}`, body, parcel, called) };
  };

  async function post(body: Record<string, unknown>, parcel: Parcel, effect: Effect, signal: AbortSignal) {
    const channel = (parcel.target.kind === 'slack' ? parcel.target.channel : null) ?? config.channel;
    if (config.botToken && channel) {
      const { called, exchange } = await call('chat.postMessage', { channel, ...body }, parcel, signal);
      if (called.json.ok === true) {
        const remote = { channel: String(called.json.channel ?? channel), ts: String(called.json.ts) };
        return { ...exchange, result: 'delivered', effect, remote } satisfies Answer;
      }
      return { ...exchange, ...refusal(called, parcel.now) } satisfies Answer;
    }
    if (!config.webhookUrl || parcel.target.kind !== 'slack' || parcel.target.channel !== null)
      return {
        request: {},
        response: {},
        result: 'dead',
        fault: 'recipient',
        reason: 'a webhook alone cannot write to a person',
      } satisfies Answer;
    const called = await callJson(config.webhookUrl, body, {}, signal);
    const exchange = exchangeOf('POST the incoming webhook', body, parcel, called);
    return (
      called.status === 200
        ? { ...exchange, result: 'delivered', effect, remote: null }
        : { ...exchange, ...refusal(called, parcel.now) }
    ) satisfies Answer;
  }

  return {
    channel: 'slack',
    real: true,
    send: (parcel, signal) =>
      post({ ...slackMessage(parcel.content, parcel.nonce), unfurl_links: false }, parcel, 'sent', signal),
    retire: async (parcel, remote, outcome, signal) => {
      const body = slackRetired(parcel.content, outcome);
      if (!config.botToken || !remote?.ts) return post(body, parcel, 'followed_up', signal);
      const { called, exchange } = await call(
        'chat.update',
        { channel: remote.channel, ts: remote.ts, ...body },
        parcel,
        signal,
      );
      if (called.json.ok === true) return { ...exchange, result: 'delivered', effect: 'updated', remote };
      if (cannotUpdate.has(String(called.json.error)))
        return post({ ...body, thread_ts: remote.ts }, parcel, 'followed_up', signal);
      return { ...exchange, ...refusal(called, parcel.now) };
    },
  };
}

/** Slack's answer repeats the message, nonce and all. */
function exchangeOf(what: string, body: Record<string, unknown>, parcel: Parcel, called: Called) {
  const kept = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value).replaceAll(parcel.nonce, nonceMark(parcel.nonce)));
  return { request: { what, body: redact(kept(body)) }, response: kept(keptAnswer(called)) };
}

function refusal(called: Called, now: Date) {
  const wait = retryAfterMs(called.retryAfter, now);
  const error = typeof called.json.error === 'string' ? called.json.error : null;
  const reason = called.fault ?? error ?? (called.text.slice(0, 80) || `status ${called.status}`);
  const patience = called.status === 429 || error === 'ratelimited' || error === 'rate_limited';
  if (patience || called.status === 0 || called.status >= 500 || (error !== null && passing.has(error)))
    return {
      result: 'retry',
      reason,
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
      ...(patience ? { patience: true as const } : {}),
    } as const;
  const ours = called.status === 401 || (error !== null && channelFaults.has(error));
  return { result: 'dead', reason, fault: ours ? 'channel' : 'recipient' } as const;
}
