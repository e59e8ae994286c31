import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllowedHosts } from '#kernel/http/address-ranges.ts';
import {
  type ChannelBench,
  type Heard,
  keepsChannelContract,
  listen,
  parcelFor,
  soon,
} from '#scripts/testing/channels.ts';
import { type MailSink, mailSink, mailUser, readMail } from '#scripts/testing/mail-sink.ts';
import { mailGateway } from '../gateway.real/mail.ts';
import { slackGateway } from '../gateway.real/slack.ts';
import { telegramGateway } from '../gateway.real/telegram.ts';
import { webhookGateway } from '../gateway.real/webhook.ts';
import { simulatedChannel } from '../gateway.simulated.ts';
import { channels } from '../schema.ts';

type Way = (heard: Heard, response: ServerResponse) => void;
const json =
  (status: number, body: unknown, headers = {}): Way =>
  (_heard, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));

let way: Way;
let server: Awaited<ReturnType<typeof listen>>;
let mail: MailSink;
beforeAll(async () => {
  server = await listen((heard, response) => way(heard, response));
  mail = await mailSink();
});
afterAll(async () => {
  await server.close();
  await mail.close();
});
beforeEach(() => {
  server.heard.length = 0;
  mail.mails.length = 0;
  mail.answer = null;
});

const held = async () => server.heard.map(h => h.body).join('\n');
const nowhere = 'http://127.0.0.1:9'; // discard: nothing listens there

describe.each(channels)('simulated %s', channel => {
  keepsChannelContract(
    () => ({
      gateway: simulatedChannel(channel),
      target: { kind: 'telegram', chat: '1' },
      secrets: [],
      held: async () => '',
    }),
    { retires: 'updated' },
  );
});

describe('Slack by its bot', () => {
  const config = { apiUrl: '', botToken: 'xoxb-secret-1', channel: 'C1' };
  let url: string;
  const bench = (): ChannelBench => ({
    gateway: slackGateway({ ...config, apiUrl: url }),
    target: { kind: 'slack', channel: null },
    secrets: [config.botToken],
    held,
    busy: seconds => {
      way = json(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(seconds) });
    },
    refuse: () => {
      way = json(200, { ok: false, error: 'channel_not_found' });
    },
    down: () => {
      way = (_heard, response) => void response.destroy();
    },
  });
  beforeEach(() => {
    url = server.url;
    // As the real one does, it repeats what it was sent.
    way = (heard, response) =>
      json(200, { ok: true, channel: 'C1', ts: '1.1', message: JSON.parse(heard.body) })(heard, response);
  });
  keepsChannelContract(bench, { retires: 'updated' });

  it('updates the message it sent, without its button', async () => {
    const { gateway, target } = bench();
    await gateway.retire(parcelFor(target), { channel: 'C1', ts: '1.1' }, 'expired', soon());
    const [update] = server.heard;
    expect(update?.path).toBe('/chat.update');
    expect(update?.headers.authorization).toBe('Bearer xoxb-secret-1');
    expect(JSON.parse(update?.body ?? '{}')).toMatchObject({ channel: 'C1', ts: '1.1' });
    expect(update?.body).not.toContain('"button"');
  });

  it('follows up in the thread when the message cannot be edited any more', async () => {
    way = ({ path }, response) =>
      path === '/chat.update'
        ? json(200, { ok: false, error: 'edit_window_closed' })({} as Heard, response)
        : json(200, { ok: true, channel: 'C1', ts: '2.2' })({} as Heard, response);
    const { gateway, target } = bench();
    const back = await gateway.retire(parcelFor(target), { channel: 'C1', ts: '1.1' }, 'decided', soon());
    expect(back).toMatchObject({ result: 'delivered', effect: 'followed_up' });
    expect(JSON.parse(server.heard[1]?.body ?? '{}')).toMatchObject({ thread_ts: '1.1' });
  });

  it.each([
    ['invalid_auth', 'dead', 'channel'],
    ['channel_not_found', 'dead', 'recipient'],
    ['internal_error', 'retry', undefined],
  ])('%s is %s', async (error, result, fault) => {
    way = json(200, { ok: false, error });
    const { gateway, target } = bench();
    const answer = await gateway.send(parcelFor(target), soon());
    expect(answer).toMatchObject({ result, ...(fault ? { fault } : {}), reason: error });
  });

  it('waits as long as it is told', async () => {
    way = json(429, { ok: false, error: 'ratelimited' }, { 'retry-after': '30' });
    const { gateway, target } = bench();
    expect(await gateway.send(parcelFor(target), soon())).toMatchObject({
      retryAfterMs: 30_000,
      patience: true,
    });
  });
});

describe('Slack by a webhook alone', () => {
  const bench = (): ChannelBench => ({
    gateway: slackGateway({ apiUrl: nowhere, webhookUrl: `${server.url}/services/T0/B0/hooksecret` }),
    target: { kind: 'slack', channel: null },
    secrets: ['hooksecret'],
    held,
    busy: () => {
      way = json(503, {});
    },
    refuse: () => {
      way = (_heard, response) => void response.writeHead(404).end('no_service');
    },
  });
  beforeEach(() => {
    way = (_heard, response) => void response.writeHead(200).end('ok');
  });
  keepsChannelContract(bench, { retires: 'followed_up' });

  it('does not put what is meant for one person into the channel', async () => {
    const answer = await bench().gateway.send(parcelFor({ kind: 'slack', channel: 'U0123456' }), soon());
    expect(answer).toMatchObject({ result: 'dead', fault: 'recipient' });
    expect(server.heard).toEqual([]);
  });
});

describe('Telegram', () => {
  const token = '123456:telegram-secret';
  const bench = (): ChannelBench => ({
    gateway: telegramGateway({ apiUrl: server.url, botToken: token }),
    target: { kind: 'telegram', chat: '42' },
    secrets: [token],
    held,
    busy: seconds => {
      way = json(429, {
        ok: false,
        error_code: 429,
        description: 'Too Many Requests',
        parameters: { retry_after: seconds },
      });
    },
    refuse: () => {
      way = json(403, { ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' });
    },
    down: () => {
      way = json(502, {});
    },
  });
  beforeEach(() => {
    way = json(200, { ok: true, result: { message_id: 7 } });
  });
  keepsChannelContract(bench, { retires: 'updated' });

  it('follows up where there is nothing left to edit', async () => {
    way = ({ path }, response) =>
      path.endsWith('/editMessageText')
        ? json(400, { ok: false, description: 'Bad Request: message to edit not found' })(
            {} as Heard,
            response,
          )
        : json(200, { ok: true, result: { message_id: 8 } })({} as Heard, response);
    const { gateway, target } = bench();
    const back = await gateway.retire(parcelFor(target), { chat: '42', message: '7' }, 'decided', soon());
    expect(back).toMatchObject({ result: 'delivered', effect: 'followed_up', remote: { message: '8' } });
  });

  it('escapes what could be markup, and links out of a console that Telegram can name', async () => {
    const { gateway, target } = bench();
    await gateway.send(parcelFor(target), soon());
    const sent = JSON.parse(server.heard[0]?.body ?? '{}');
    expect(sent.text).toContain('&lt;acme&gt; &amp;');
    expect(sent.reply_markup.inline_keyboard).toEqual([
      [{ text: 'Review in the console', url: 'https://console.example.net/approvals/a1' }],
    ]);
  });
});

describe('e-mail', () => {
  const bench = (): ChannelBench => ({
    gateway: mailGateway({ url: mail.url, from: 'console@example.net', host: 'example.net' }),
    target: { kind: 'mail', address: 'approver@example.org' },
    secrets: [mailUser.password, encodeURIComponent(mailUser.password), 'approver@example.org'],
    held: async () =>
      mail.mails
        .map(raw => Object.values(readMail(raw)).join('\n'))
        .join('\n')
        .replaceAll('=\r\n', ''),
    busy: () => {
      mail.answer = () => ({ code: 450, text: '4.2.0 Greylisted, try again' });
    },
    refuse: () => {
      mail.answer = () => ({ code: 550, text: '5.1.1 No such mailbox' });
    },
  });
  keepsChannelContract(bench, { retires: 'followed_up' });

  it('is taken after a greylisting, under the same message id, as HTML and as text', async () => {
    let asked = 0;
    mail.answer = () => (asked++ === 0 ? { code: 451, text: '4.7.1 Greylisted' } : null);
    const { gateway, target } = bench();
    const parcel = parcelFor(target);
    const first = await gateway.send(parcel, soon());
    expect(first.result).toBe('retry');
    const second = await gateway.send(parcel, soon());
    expect(second).toMatchObject({
      result: 'delivered',
      remote: { messageId: `<${parcel.id}@example.net>` },
    });
    const { headers, text, html } = readMail(mail.mails[0] ?? '');
    expect(headers).toContain(`Message-ID: <${parcel.id}@example.net>`);
    expect(headers).toContain('multipart/alternative');
    expect(text).toContain('Risk: high');
    expect(html).toContain('Suspend the tenant &lt;acme&gt; &amp; &quot;others&quot;');
    expect(html).not.toMatch(/<img|src=|url\(|@import|<link/i);
  });

  it('tells a refused login from a refused recipient, and neither with the password', async () => {
    const wrong = mailGateway({
      url: mail.url.replace(encodeURIComponent(mailUser.password), 'wrong'),
      from: 'console@example.net',
      host: 'example.net',
    });
    const { target } = bench();
    const refused = await wrong.send(parcelFor(target), soon());
    expect(refused).toMatchObject({ result: 'dead', fault: 'channel', response: { code: 'EAUTH' } });
    expect(JSON.stringify(refused)).not.toContain('wrong');
    mail.answer = () => ({ code: 550, text: '5.1.1 No such mailbox' });
    expect(await bench().gateway.send(parcelFor(target), soon())).toMatchObject({
      result: 'dead',
      fault: 'recipient',
    });
  });

  it('follows up in the thread of what it sent', async () => {
    const { gateway, target } = bench();
    await gateway.retire(parcelFor(target), { messageId: '<first@example.net>' }, 'decided', soon());
    expect(mail.mails[0]).toContain('In-Reply-To: <first@example.net>');
  });

  it('tries again when nothing listens, and ends when it is told to', async () => {
    const away = mailGateway({ url: 'smtp://127.0.0.1:9', from: 'a@example.net', host: 'example.net' });
    const { target } = bench();
    expect(await away.send(parcelFor(target), soon())).toMatchObject({ result: 'retry' });
    expect(await away.send(parcelFor(target), AbortSignal.abort())).toMatchObject({ result: 'retry' });
  });
});

describe('Standard Webhooks', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const allowed = { allowed: parseAllowedHosts('127.0.0.1') };
  const bench = (): ChannelBench => ({
    gateway: webhookGateway(allowed),
    target: { kind: 'webhook', url: `${server.url}/hook?key=querysecret`, secret },
    secrets: [secret, 'querysecret'],
    held,
    busy: seconds => {
      way = json(503, {}, { 'retry-after': String(seconds) });
    },
    refuse: () => {
      way = json(410, {});
    },
    down: () => {
      way = (_heard, response) => void response.destroy();
    },
  });
  beforeEach(() => {
    way = json(204, {});
  });
  keepsChannelContract(bench, { retires: 'followed_up' });

  it('is believed by an independent verifier, and no longer once a byte or the secret differs', async () => {
    const { gateway, target } = bench();
    await gateway.send(parcelFor(target), soon());
    const { body = '', headers = {} } = server.heard[0] ?? {};
    const given = headers as Record<string, string>;
    expect(new Webhook(secret).verify(body, given)).toMatchObject({
      type: 'notification.created',
      data: { group: 'approval:a1', url: 'https://console.example.net/approvals/a1' },
    });
    expect(() => new Webhook(secret).verify(`${body} `, given)).toThrow();
    expect(() => new Webhook('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA').verify(body, given)).toThrow();
    expect(() => new Webhook(secret).verify(body, { ...given, 'webhook-id': 'another' })).toThrow();
  });

  it('says the same id each time, so that a receiver can drop a repetition', async () => {
    const { gateway, target } = bench();
    const parcel = parcelFor(target);
    await gateway.send(parcel, soon());
    await gateway.send(parcel, soon());
    expect(server.heard.map(h => h.headers['webhook-id'])).toEqual([parcel.id, parcel.id]);
  });

  it('calls no private address that was not listed, and follows no redirect', async () => {
    const { target } = bench();
    expect(
      await webhookGateway({ allowed: parseAllowedHosts('') }).send(parcelFor(target), soon()),
    ).toMatchObject({
      result: 'dead',
      response: { fault: 'outgoing.private_address' },
    });
    expect(server.heard).toEqual([]);
    way = json(302, {}, { location: '/elsewhere' });
    expect(await bench().gateway.send(parcelFor(target), soon())).toMatchObject({
      result: 'dead',
      response: { fault: 'outgoing.redirects' },
    });
    expect(server.heard).toHaveLength(1);
  });
});
