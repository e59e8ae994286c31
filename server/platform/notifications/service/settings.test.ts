import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { listen } from '#scripts/testing/channels.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { addPerson } from '#scripts/testing/people.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { answerCallback } from '#server/callbacks.ts';
import { runControls } from '#server/platform/alerts/service.ts';
import { createCaller } from '#server/root.ts';
import { notificationJob } from '../request.ts';
import { acceptPayload, type Message } from '../schema.ts';
import { acceptMessage } from './accept.ts';
import { deliver } from './deliver.ts';
import { telegramSecret } from './gateways.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent', PUBLIC_URL: 'https://console.example.net' };
const chat = {
  ...base,
  SLACK_SIGNING_SECRET: 'slack-signing',
  TELEGRAM_BOT_TOKEN: '1:telegram',
  TELEGRAM_CHAT_ID: '-100',
};
let bed: TestBed;
type Somebody = Awaited<ReturnType<typeof addPerson>>;
let admin: Somebody;
let operator: Somebody;
let approver: Somebody;
let auditor: Somebody;

beforeAll(async () => {
  bed = await testBed();
  admin = await addPerson(bed, 'admin');
  operator = await addPerson(bed, 'operator', null);
  approver = await addPerson(bed, 'approver');
  auditor = await addPerson(bed, 'auditor');
});
afterAll(async () => {
  loadEnvForTest({ ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
  await bed.close();
});
beforeEach(() => void loadEnvForTest(base));

const as = (who: Somebody) => createCaller(bed.as({ ...who, mfaAt: bed.clock.now() })).notifications;
const say = async (change: Partial<Message> = {}) => {
  const payload = acceptPayload.parse(
    notificationJob({
      groupKey: `s${Math.random()}`,
      kind: 'approval',
      severity: 'info',
      title: 'A matter',
      lines: [],
      link: '/approvals/a1',
      to: { roles: ['approver'] },
      ...change,
    }).payload,
  );
  await acceptMessage(bed.system, payload);
  return payload.id;
};
const delivery = async (messageId: string, channel: string) =>
  (
    await bed.rows<{ id: string; nonce: string }>(
      'select id, nonce from notification_delivery where message_id = $1 and channel = $2',
      [messageId, channel],
    )
  )[0] ?? expect.fail();

describe('the inbox', () => {
  it('shows what is meant for a person or a role, and takes it away with the role', async () => {
    const forRole = await say({ title: 'For approvers' });
    const forOne = await say({ title: 'For one', to: { users: [operator.id] } });
    expect((await as(approver).inbox({})).rows.map(row => row.id)).toEqual([forRole]);
    expect((await as(operator).inbox({})).rows.map(row => row.id)).toEqual([forOne]);
    expect((await as(auditor).inbox({})).rows).toEqual([]);
    const demoted = { ...approver, holders: ['auditor'] as const };
    expect((await createCaller(bed.as(demoted)).notifications.inbox({})).rows).toEqual([]);
  });

  it('counts what is unread, and marks only what is one’s own', async () => {
    const before = (await as(approver).counts()).unread;
    const mine = await say({ severity: 'critical' });
    const theirs = await say({ to: { users: [operator.id] } });
    expect(await as(approver).counts()).toMatchObject({ unread: before + 1, critical: 1 });
    expect(await as(approver).markRead({ ids: [mine, theirs] })).toEqual({ marked: 1 });
    expect((await as(approver).counts()).unread).toBe(before);
    expect((await as(operator).inbox({ unread: true })).rows.map(r => r.id)).toContain(theirs);
    expect(await as(approver).markRead({ ids: [mine] })).toEqual({ marked: 0 });
    await as(operator).markRead({});
    expect((await as(operator).counts()).unread).toBe(0);
  });

  it('lets an auditor mark what is the auditor’s own, and nobody without an account in', async () => {
    await say({ to: { roles: ['auditor'] } });
    expect(await as(auditor).markRead({})).toEqual({ marked: 1 });
  });
});

describe('preferences', () => {
  const everything = ['approval', 'alert', 'security', 'system'] as const;
  it('start with everything, are kept, and decide the plan', async () => {
    expect(await as(approver).preferences()).toMatchObject({ mail: everything, quiet: null, hasMail: true });
    await as(approver).savePreferences({
      mail: ['alert'],
      slack: [...everything],
      telegram: [],
      quiet: { from: 1320, to: 420 },
      timeZone: 'Europe/Berlin',
      slackMember: 'U024BE7LH',
    });
    const id = await say();
    const rows = await bed.rows<{ channel: string; recipient: string; next_at: Date }>(
      'select channel, recipient, next_at from notification_delivery where message_id = $1 and recipient like $2',
      [id, 'user:%'],
    );
    expect(rows).toMatchObject([{ channel: 'slack', recipient: `user:${approver.id}` }]);
    // One in the morning in Berlin: it waits for seven.
    expect(new Date(rows[0]?.next_at ?? 0).toISOString()).toBe('2026-01-01T06:00:00.000Z');
    await expect(
      as(approver).savePreferences({
        mail: [],
        slack: [],
        telegram: [],
        quiet: null,
        timeZone: 'Mars/Olympus',
        slackMember: null,
      }),
    ).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

const slackCall = (nonce: string, change: { secret?: string; at?: number; body?: string } = {}) => {
  const timestamp = String(Math.floor((change.at ?? bed.clock.now().getTime()) / 1000));
  const payload = { type: 'block_actions', actions: [{ action_id: 'open', value: nonce }] };
  const body = change.body ?? new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const mac = createHmac('sha256', change.secret ?? 'slack-signing').update(`v0:${timestamp}:${body}`);
  return new Request('https://console.example.net/api/callbacks/slack', {
    method: 'POST',
    headers: { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${mac.digest('hex')}` },
    body,
  });
};
const telegramCall = (update: unknown, secret: string | null = telegramSecret()) =>
  new Request('https://console.example.net/api/callbacks/telegram', {
    method: 'POST',
    headers: secret === null ? {} : { 'x-telegram-bot-api-secret-token': secret },
    body: JSON.stringify(update),
  });
const call = async (channel: string, request: Request) => {
  const response = await answerCallback(channel, request, bed.system);
  return {
    status: response.status,
    json: (await response.json().catch(() => null)) as Record<string, unknown>,
  };
};

describe('callbacks', () => {
  it('answer a signed Slack button with the link, once, and change nothing else', async () => {
    loadEnvForTest(chat);
    const id = await say();
    const { nonce } = await delivery(id, 'slack');
    const before = await bed.rows('select state from notification_message where id = $1', [id]);
    const request = () => slackCall(nonce);
    const answer = await call('slack', request());
    expect(answer.status).toBe(200);
    expect(answer.json.text).toContain('https://console.example.net/approvals/a1');
    expect(await call('slack', request())).toMatchObject({
      status: 409,
      json: { code: 'callback.replayed' },
    });
    expect(await bed.rows('select state from notification_message where id = $1', [id])).toEqual(before);
    expect(
      await bed.rows("select type from ledger_entry where type like 'approval%' or type like '%decided'"),
    ).toEqual([]);
  });

  it('refuse what Slack did not sign just now', async () => {
    loadEnvForTest(chat);
    const { nonce } = await delivery(await say(), 'slack');
    const late = bed.clock.now().getTime() - 301_000;
    const cases: [Request, number, string][] = [
      [slackCall(nonce, { secret: 'other' }), 401, 'callback.forged'],
      [slackCall(nonce, { at: late }), 401, 'callback.stale'],
      [slackCall('0123456789abcdef0123456789abcdef'), 400, 'callback.malformed'],
      [slackCall(nonce, { body: 'payload=%7B' }), 400, 'callback.malformed'],
      [new Request('https://x.example/', { method: 'POST', body: 'payload={}' }), 401, 'callback.unsigned'],
    ];
    for (const [request, status, code] of cases)
      expect(await call('slack', request)).toMatchObject({ status, json: { code } });
    loadEnvForTest(base);
    expect(await call('slack', slackCall(nonce))).toMatchObject({ status: 401 });
    expect((await call('pager', slackCall(nonce))).status).toBe(404);
  });

  it('answer Telegram by its secret only, and each update once', async () => {
    loadEnvForTest(chat);
    const { nonce } = await delivery(await say(), 'telegram');
    const update = { update_id: 7, callback_query: { id: 'q1', data: nonce } };
    expect(await call('telegram', telegramCall(update, 'guess'))).toMatchObject({ status: 401 });
    expect(await call('telegram', telegramCall(update, null))).toMatchObject({ status: 401 });
    expect((await call('telegram', telegramCall(update))).json).toMatchObject({
      method: 'answerCallbackQuery',
      callback_query_id: 'q1',
      text: 'Review it in the console: https://console.example.net/approvals/a1',
    });
    expect(await call('telegram', telegramCall(update))).toMatchObject({ status: 409 });
    const foreign = await delivery(await say(), 'slack');
    expect(
      await call(
        'telegram',
        telegramCall({ update_id: 8, callback_query: { id: 'q', data: foreign.nonce } }),
      ),
    ).toMatchObject({ status: 400 });
  });

  it('link a chat to whoever asked for the code, once and for a quarter of an hour', async () => {
    loadEnvForTest(chat);
    const start = (code: string, update: number, chatId: number) =>
      call(
        'telegram',
        telegramCall({ update_id: update, message: { text: `/start ${code}`, chat: { id: chatId } } }),
      );
    const { code } = await as(operator).linkTelegram();
    expect((await start(code, 20, 555)).json.text).toContain('is linked');
    expect((await as(operator).preferences()).telegramLinked).toBe(true);
    expect((await start(code, 21, 666)).json.text).toContain('wrong, spent or too old');
    const second = await as(operator).linkTelegram();
    bed.clock.advance(16 * 60_000);
    expect((await start(second.code, 22, 777)).json.text).toContain('wrong, spent or too old');
    expect(
      await bed.rows('select telegram_chat from notification_preference where user_id = $1', [operator.id]),
    ).toEqual([{ telegram_chat: '555' }]);
    expect((await as(operator).unlinkTelegram()).telegramLinked).toBe(false);
  });
});

describe('endpoints', () => {
  const hook = { name: 'Pager', url: 'https://hooks.example.net/in?key=hidden', kinds: ['alert' as const] };
  it('show their secret once, keep it sealed, and hide what an address may carry', async () => {
    const { endpoint, secret } = await as(admin).createEndpoint(hook);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/=]{44}$/);
    expect(endpoint).toMatchObject({ url: 'https://hooks.example.net/in?…', version: 1, enabled: true });
    const stored = JSON.stringify(await bed.rows('select * from notification_endpoint'));
    expect(stored).not.toContain(secret.slice(6));
    const ledger = String(
      (
        await bed.rows<{ body: Buffer }>('select body from ledger_entry where target = $1', [
          `endpoint:${endpoint.id}`,
        ])
      )[0]?.body,
    );
    expect(ledger).not.toContain('hidden');
    expect(JSON.stringify(await as(auditor).channels())).not.toContain('hidden');
    await expect(
      bed.database.pool('atom_auditor').query('select sealed_secret from notification_endpoint'),
    ).rejects.toThrow(/permission denied/);
  });

  it('are an administrator’s with a second factor, and each change is made from the newest version', async () => {
    await expect(as(operator).createEndpoint(hook)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const cold = createCaller(bed.as({ ...admin, mfaAt: null })).notifications;
    await expect(cold.createEndpoint(hook)).rejects.toMatchObject({ cause: { kind: 'step_up' } });
    const { endpoint, secret } = await as(admin).createEndpoint(hook);
    const off = await as(admin).updateEndpoint({ id: endpoint.id, version: 1, enabled: false });
    expect(off).toMatchObject({ enabled: false, version: 2, url: 'https://hooks.example.net/in?…' });
    await expect(
      as(admin).updateEndpoint({ id: endpoint.id, version: 1, enabled: true }),
    ).rejects.toMatchObject({ cause: { code: 'endpoint.stale' } });
    expect((await as(admin).rotateEndpoint({ id: endpoint.id, version: 2 })).secret).not.toBe(secret);
    await as(admin).removeEndpoint({ id: endpoint.id, reason: 'not used' });
    await expect(as(admin).removeEndpoint({ id: endpoint.id, reason: 'not used' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    for (const url of ['https://u:p@hooks.example.net/', 'ftp://hooks.example.net/', 'javascript:alert(1)'])
      await expect(as(admin).createEndpoint({ ...hook, url })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('are refused a call into a private network, whatever their name says', async () => {
    for (const url of [
      'http://127.0.0.1:1/hook',
      'https://2130706433/',
      'https://[::ffff:127.0.0.1]/',
      'http://169.254.169.254/latest',
      'https://metadata.google.internal/',
      'http://localhost:9/',
    ])
      await expect(as(admin).createEndpoint({ ...hook, url })).rejects.toMatchObject({
        cause: { code: 'outgoing.private_address' },
      });
    // What was typed before, or while it was allowed, is still looked at with each call.
    const { endpoint } = await as(admin).createEndpoint(hook);
    await bed.rows('update notification_endpoint set url = $2 where id = $1', [
      endpoint.id,
      'http://127.0.0.1:1/hook',
    ]);
    const { deliveryId } = await as(admin).test({ channel: 'webhook', endpointId: endpoint.id });
    await deliver(bed.system, deliveryId);
    expect(await as(admin).delivery({ id: deliveryId })).toMatchObject({
      state: 'dead',
      tries: [{ response: { fault: 'outgoing.private_address' } }],
    });
  });
});

describe('a test message', () => {
  it('goes the way of every message, is shown as a test, and is nobody’s unread', async () => {
    const server = await listen((_heard, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"ok":true,"channel":"C1","ts":"1"}'),
    );
    try {
      loadEnvForTest({ ...base, SLACK_BOT_TOKEN: 'xoxb-1', SLACK_CHANNEL: 'C1', SLACK_API_URL: server.url });
      const before = await as(operator).counts();
      const { deliveryId } = await as(operator).test({ channel: 'slack' });
      await deliver(bed.system, deliveryId);
      expect(await as(operator).delivery({ id: deliveryId })).toMatchObject({
        state: 'delivered',
        test: true,
      });
      expect(server.heard).toHaveLength(1);
      expect(await as(operator).counts()).toEqual(before);
    } finally {
      await server.close();
    }
  });

  it('says so when there is no address to send it to', async () => {
    await expect(as(operator).test({ channel: 'mail' })).rejects.toMatchObject({
      cause: { code: 'channel.no_address' },
    });
    loadEnvForTest({ ...base, ADMIN_APPROVER_EMAIL: 'oncall@example.org' });
    const { deliveryId } = await as(operator).test({ channel: 'mail' });
    expect(await as(operator).delivery({ id: deliveryId })).toMatchObject({ to: 'Fallback address' });
  });

  it('tells Telegram where to call, over https only', async () => {
    loadEnvForTest({ ...chat, PUBLIC_URL: 'http://localhost:3000' });
    await expect(as(admin).connectTelegram()).rejects.toMatchObject({
      cause: { code: 'channel.needs_https' },
    });
    const server = await listen((_heard, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true,"result":true}'),
    );
    try {
      loadEnvForTest({ ...chat, TELEGRAM_API_URL: server.url });
      await as(admin).connectTelegram();
      expect(JSON.parse(server.heard[0]?.body ?? '{}')).toMatchObject({
        url: 'https://console.example.net/api/callbacks/telegram',
        secret_token: telegramSecret(),
      });
    } finally {
      await server.close();
    }
  });
});

describe('a policy that is no longer kept', () => {
  it('is told once, and taken back when it is kept again', async () => {
    let result: 'PASS' | 'FAIL' | 'BLOCKED' = 'FAIL';
    const planted = {
      id: 'P5.isolation',
      policy: 'P5' as const,
      system: 'test',
      title: 'Planted',
      run: async () => ({ result, reason: 'planted' }),
    };
    const jobs = async () =>
      (
        await bed.rows<{ task: string; body: { payload: { message?: Message; groupKey?: string } } }>(
          "select body->>'task' as task, body from outbox where body->>'task' like 'notifications.%' and body::text like '%alert:P5.isolation%' order by id",
        )
      ).map(row => row.task);
    await runControls(bed.system, [planted]);
    await runControls(bed.system, [planted]);
    expect(await jobs()).toEqual(['notifications.accept']);
    result = 'PASS';
    bed.clock.advance(60_000);
    await runControls(bed.system, [planted]);
    expect(await jobs()).toEqual(['notifications.accept', 'notifications.retire']);
    result = 'BLOCKED';
    bed.clock.advance(60_000);
    await runControls(bed.system, [planted]);
    bed.clock.advance(60_000);
    await runControls(bed.system, [planted]);
    expect((await jobs()).slice(2)).toEqual(['notifications.accept']);
  });
});
