import { env } from '#kernel/env/env.ts';
import { redact, redactText } from '#kernel/redact/redact.ts';
import type { ExchangeGateway } from './gateway.ts';

const deadlineMs = 10_000;
const kept = 4000;

export const realExchanges: ExchangeGateway = {
  send: async ({ method, port, path, body, expect }) => {
    const host = ['0.0.0.0', '::'].includes(env().host) ? '127.0.0.1' : env().host;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
    const sent = body === undefined || body === null ? null : JSON.stringify(body);
    const started = performance.now();
    const base = { method, url, sent: sent === null ? null : cut(redacted(sent)), expected: [...expect] };
    const took = () => Math.round((performance.now() - started) * 10) / 10;
    try {
      const response = await fetch(url, {
        method,
        signal: AbortSignal.timeout(deadlineMs),
        redirect: 'manual',
        ...(sent === null ? {} : { body: sent, headers: { 'content-type': 'application/json' } }),
      });
      const answer = cut(redacted(await response.text()));
      const { status } = response;
      return { ...base, status, error: null, answer, millis: took(), passed: expect.includes(status) };
    } catch (error) {
      const why = error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : 'no answer';
      return { ...base, status: null, error: why, answer: '', millis: took(), passed: false };
    }
  },
};

const cut = (text: string) =>
  text.length <= kept ? text : `${text.slice(0, kept)}… (${text.length} characters)`;

function redacted(text: string): string {
  try {
    return JSON.stringify(redact(JSON.parse(text)));
  } catch {
    return redactText(text);
  }
}
