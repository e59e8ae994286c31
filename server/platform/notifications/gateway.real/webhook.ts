import { DomainError } from '#kernel/errors/domain-error.ts';
import { type SafeFetchDeps, safeFetch } from '#kernel/http/safe-fetch.ts';
import { redact, redactText } from '#kernel/redact/redact.ts';
import type { Answer, ChannelGateway, Parcel } from '../gateway.ts';
import { retryAfterMs } from '../rules/backoff.ts';
import type { Effect } from '../rules/exchange.ts';
import { webhookBody, webhookHeaders, webhookRetiredBody } from '../rules/webhook.ts';

const timeoutMs = 15_000;

/** Standard Webhooks. The address was typed by somebody, so it is called through the guard, and a redirect is refused. */
export function webhookGateway(deps: SafeFetchDeps = {}): ChannelGateway {
  async function post(body: string, parcel: Parcel, effect: Effect): Promise<Answer> {
    if (parcel.target.kind !== 'webhook') throw new Error('A webhook goes to a webhook’s address.');
    const { url, secret } = parcel.target;
    const request = {
      what: `POST ${shownAddress(url)}`,
      'webhook-id': parcel.id,
      body: redact(JSON.parse(body)),
    };
    try {
      const answer = await safeFetch(
        url,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'user-agent': 'ATOM-Console-Webhooks/1',
            ...webhookHeaders(parcel.id, parcel.now, body, secret),
          },
          body,
          timeoutMs,
          maxBytes: 64 * 1024,
          maxRedirects: 0,
        },
        deps,
      );
      const response = {
        status: answer.status,
        body: redactText(answer.body.toString('utf8').slice(0, 1000)),
      };
      if (answer.status >= 200 && answer.status < 300)
        return { result: 'delivered', effect, remote: null, request, response };
      const reason = `status ${answer.status}`;
      // Gone is the one answer by which a receiver says that it never wants another.
      if (answer.status === 410) return { result: 'dead', reason, fault: 'recipient', request, response };
      const wait = retryAfterMs(answer.headers['retry-after'], parcel.now);
      return {
        result: 'retry',
        reason,
        ...(wait === undefined ? {} : { retryAfterMs: wait }),
        ...(answer.status === 429 ? { patience: true } : {}),
        request,
        response,
      };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const response = { fault: error.code };
      return error.kind === 'unavailable'
        ? { result: 'retry', reason: redactText(error.message), request, response }
        : { result: 'dead', reason: redactText(error.message), fault: 'recipient', request, response };
    }
  }

  return {
    channel: 'webhook',
    real: true,
    send: parcel => post(webhookBody(parcel.content), parcel, 'sent'),
    retire: (parcel, _remote, outcome) =>
      post(webhookRetiredBody(parcel.content, outcome, parcel.now), parcel, 'followed_up'),
  };
}

/** A query may be a password. */
export const shownAddress = (url: string): string => {
  const parsed = URL.parse(url);
  return parsed ? parsed.origin + parsed.pathname + (parsed.search ? '?…' : '') : 'an address';
};
