import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { runJobs } from '#kernel/jobs/run.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { type MailSink, mailSink, readMail } from '#scripts/testing/mail-sink.ts';
import { addPerson } from '#scripts/testing/people.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { until } from '#scripts/testing/until.ts';
import { approvalJobs } from '#server/governance/approvals/jobs.ts';
import { createCaller } from '#server/root.ts';
import { undelivered } from '../controls.ts';
import type { Answer, ChannelGateway, Parcel } from '../gateway.ts';
import { notificationJobs } from '../jobs.ts';
import { notificationJob, retireJob } from '../request.ts';
import { maxAttempts } from '../rules/backoff.ts';
import { acceptPayload, type Message, type Outcome, retirePayload } from '../schema.ts';
import { acceptMessage, retireMessages } from './accept.ts';
import { deliver } from './deliver.ts';
import { sweep } from './sweep.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
let bed: TestBed;
let mail: MailSink;
let operator: Awaited<ReturnType<typeof addPerson>>;
let approver: Awaited<ReturnType<typeof addPerson>>;

beforeAll(async () => {
  bed = await testBed();
  mail = await mailSink();
  operator = await addPerson(bed, 'operator');
  approver = await addPerson(bed, 'approver');
});
afterAll(async () => {
  loadEnvForTest(base);
  await mail.close();
  await bed.close();
});
beforeEach(async () => {
  loadEnvForTest(base);
  mail.mails.length = 0;
  mail.answer = null;
  await bed.rows('delete from notification_circuit');
});

it('knows what approvals want done when nobody hears of them', () => {
  expect(approvalJobs.map(job => job.name)).toContain('approvals.unheard');
});

let n = 0;
const message = (change: Partial<Message> = {}): Message => ({
  groupKey: `g${++n}`,
  kind: 'approval',
  severity: 'warning',
  title: 'Suspend a production tenant',
  lines: [{ label: 'Risk', value: 'high' }],
  link: '/approvals/a1',
  to: { roles: ['approver'] },
  ...change,
});
const payloadOf = (m: Message) => acceptPayload.parse(notificationJob(m).payload);
const send = async (m: Message) => {
  const payload = payloadOf(m);
  await acceptMessage(bed.system, payload);
  return payload.id;
};
const retire = (groupKey: string, outcome: Outcome = 'decided') =>
  retireMessages(bed.system, retirePayload.parse(retireJob(groupKey, outcome).payload));
const rowsOf = (id: string) =>
  bed.rows<{
    id: string;
    channel: string;
    purpose: string;
    state: string;
    attempts: number;
    effect: string | null;
    last_error: string | null;
  }>(
    'select id, channel, purpose, state, attempts, effect, last_error from notification_delivery where message_id = $1 order by channel, purpose desc',
    [id],
  );
const rowFor = async (id: string, channel: string, purpose = 'send') =>
  (await rowsOf(id)).find(row => row.channel === channel && row.purpose === purpose) ?? expect.fail(channel);
const deliverAll = async (id: string) => {
  for (const row of await rowsOf(id)) await deliver(bed.system, row.id);
};
const types = async (target: string) =>
  (
    await bed.rows<{ type: string }>('select type from ledger_entry where target = $1 order by id', [target])
  ).map(row => row.type);
const withMail = () => loadEnvForTest({ ...base, SMTP_URL: mail.url, SMTP_FROM: 'console@example.net' });

/** A channel that answers as it is told and counts its calls. */
function scripted(answer: (parcel: Parcel) => Answer | Promise<Answer>) {
  const calls: Parcel[] = [];
  const gateway: ChannelGateway = {
    channel: 'mail',
    real: true,
    send: async parcel => {
      calls.push(parcel);
      return answer(parcel);
    },
    retire: async parcel => {
      calls.push(parcel);
      return answer(parcel);
    },
  };
  return { calls, options: { gateway: () => gateway, random: () => 0.5 } };
}
const ok: Answer = { result: 'delivered', effect: 'sent', remote: { m: '1' }, request: {}, response: {} };
const fails: Answer = { result: 'retry', reason: 'away', request: {}, response: {} };
const refuses: Answer = { result: 'dead', reason: 'no', fault: 'recipient', request: {}, response: {} };

describe('a message', () => {
  it('is taken once, planned for every channel, and recorded as simulated where none is connected', async () => {
    const payload = payloadOf(message());
    await acceptMessage(bed.system, payload);
    await acceptMessage(bed.system, payload);
    expect((await rowsOf(payload.id)).map(row => [row.channel, row.state])).toEqual([
      ['mail', 'waiting'],
      ['slack', 'waiting'],
      ['telegram', 'waiting'],
    ]);
    await deliverAll(payload.id);
    expect((await rowsOf(payload.id)).map(row => row.state)).toEqual(['simulated', 'simulated', 'simulated']);
    expect(await types(`notification:${payload.id}`)).toEqual(['notification.requested']);
    const log = createCaller(bed.as(operator)).notifications;
    const { rows } = await log.deliveries({ group: payload.message.groupKey });
    const detail = await log.delivery({ id: rows.find(row => row.channel === 'slack')?.id ?? '' });
    expect(detail).toMatchObject({ to: 'Shared channel', state: 'simulated' });
    expect(detail.tries[0]?.request).toMatchObject({ simulated: true });
    expect((await undelivered.run(bed.system)).result).toBe('PASS');
  });

  it('goes out by the jobs that its system’s commit asked for', async () => {
    withMail();
    const m = message({ title: 'By the jobs' });
    await bed.system.commit({ type: 'test.asked', jobs: [notificationJob(m)] }, async () => {});
    const dispatcher = createDispatcher(bed.database.pool('atom_owner'));
    await dispatcher.step();
    const runner = await runJobs(bed.database, bed.clock, notificationJobs, 2);
    try {
      await until('the mail', async () => {
        await dispatcher.step();
        return mail.mails.length > 0;
      });
    } finally {
      await runner.stop();
    }
    expect(mail.mails).toHaveLength(1);
    expect(readMail(mail.mails[0] ?? '').text).toContain('By the jobs');
  });

  it('has a link of this console only, and names a reader', () => {
    for (const link of ['https://evil.example', '//evil.example', '/\\evil.example', 'x'])
      expect(() => notificationJob(message({ link }))).toThrow();
    expect(() => notificationJob(message({ to: {} }))).toThrow();
  });
});

describe('delivery', () => {
  it('arrives after a greylisting, and the log keeps both tries without the address', async () => {
    withMail();
    let asked = 0;
    mail.answer = () => (asked++ === 0 ? { code: 451, text: '4.7.1 Greylisted' } : null);
    const id = await send(message());
    const row = await rowFor(id, 'mail');
    await deliver(bed.system, row.id);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'waiting', attempts: 1 });
    await deliver(bed.system, row.id);
    expect(mail.mails).toHaveLength(0); // not before its time
    bed.clock.advance(10_000);
    await deliver(bed.system, row.id);
    expect(mail.mails).toHaveLength(1);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'delivered', effect: 'sent' });
    const kept = JSON.stringify(
      await bed.rows('select * from notification_attempt where delivery_id = $1', [row.id]),
    );
    expect(kept).toContain('Greylisted');
    expect(kept).not.toContain(approver.email);
  });

  it('is given up at once when refused for good; then somebody is told, and a retry mends it', async () => {
    withMail();
    mail.answer = () => ({ code: 550, text: '5.1.1 No such mailbox' });
    const m = message({ groupKey: 'approval:01a1fd49-333a-7130-9d36-69b195f01216' });
    const id = await send(m);
    await deliverAll(id);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'dead', attempts: 1 });
    // What its system wants done leaves with the same commit.
    expect(
      await bed.rows("select body #> '{payload}' as payload from outbox where body ->> 'task' = $1", [
        'approvals.unheard',
      ]),
    ).toEqual([{ payload: { id: '01a1fd49-333a-7130-9d36-69b195f01216' } }]);
    expect(await types(`notification:${id}`)).toEqual(['notification.requested', 'notification.undelivered']);
    expect(await undelivered.run(bed.system)).toMatchObject({ result: 'FAIL' });
    mail.answer = null;
    const log = createCaller(bed.as(operator)).notifications;
    const row = await rowFor(id, 'mail');
    expect(await log.retry({ id: row.id })).toMatchObject({ state: 'waiting', attempts: 0 });
    expect((await undelivered.run(bed.system)).result).toBe('PASS');
    await deliver(bed.system, row.id);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'delivered' });
    await expect(log.retry({ id: row.id })).rejects.toMatchObject({ cause: { code: 'delivery.not_dead' } });
  });

  it('does not call a message lost while one channel still has it', async () => {
    loadEnvForTest({ ...base, SMTP_URL: mail.url, SLACK_WEBHOOK_URL: 'https://hooks.example.net/x' });
    mail.answer = () => ({ code: 550, text: '5.1.1 No such mailbox' });
    const id = await send(message());
    await deliver(bed.system, (await rowFor(id, 'mail')).id);
    expect(await types(`notification:${id}`)).toEqual(['notification.requested']);
    await deliver(bed.system, (await rowFor(id, 'slack')).id, scripted(() => refuses).options);
    // Telegram only ever recorded it, or still waits to: it counts once it is settled.
    await deliver(bed.system, (await rowFor(id, 'telegram')).id);
    const { undelivered_at } = (
      await bed.rows<{ undelivered_at: string | null }>(
        'select undelivered_at from notification_message where id = $1',
        [id],
      )
    )[0] ?? { undelivered_at: null };
    expect(undelivered_at).not.toBeNull();
    await retire(
      (
        await bed.rows<{ g: string }>('select group_key as g from notification_message where id = $1', [id])
      )[0]?.g ?? '',
    );
  });

  it('is given up after its last try', async () => {
    const id = await send(message());
    const { id: row } = await rowFor(id, 'mail');
    const { calls, options } = scripted(() => ({ ...fails, patience: true }) as Answer);
    for (let i = 0; i < maxAttempts + 3; i++) {
      await deliver(bed.system, row, options);
      bed.clock.advance(3_700_000);
    }
    expect(calls).toHaveLength(maxAttempts);
    expect(new Set(calls.map(call => call.id)).size).toBe(1);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'dead' });
    expect((await rowFor(id, 'mail')).last_error).toContain('given up after');
    expect(await types(`delivery:${row}`)).toEqual([
      ...Array(maxAttempts - 1).fill('notification.deferred'),
      'notification.given_up',
    ]);
    await bed.rows('update notification_message set undelivered_at = null');
  });

  it('waits as long as the channel asks', async () => {
    const id = await send(message());
    const { id: row } = await rowFor(id, 'mail');
    const { calls, options } = scripted(() => ({ ...fails, patience: true, retryAfterMs: 40_000 }) as Answer);
    await deliver(bed.system, row, options);
    bed.clock.advance(39_000);
    await deliver(bed.system, row, options);
    expect(calls).toHaveLength(1);
    bed.clock.advance(2_000);
    await deliver(bed.system, row, options);
    expect(calls).toHaveLength(2);
  });
});

describe('one delivery, several workers', () => {
  it('is called once when all take it at the same moment', async () => {
    const id = await send(message());
    const { id: row } = await rowFor(id, 'mail');
    const answer = Promise.withResolvers<Answer>();
    const { calls, options } = scripted(() => answer.promise);
    let turnedAway = 0;
    const all = Array.from({ length: 8 }, async () => {
      await deliver(bed.system, row, options);
      turnedAway += 1;
      if (turnedAway === 7) answer.resolve(ok);
    });
    await Promise.all(all);
    expect(calls).toHaveLength(1);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'delivered', attempts: 1 });
  });

  it('is taken up again after a crash, under the same id, but not before the lease has run out', async () => {
    const id = await send(message());
    const { id: row } = await rowFor(id, 'mail');
    const crash = scripted(() => {
      throw new Error('the worker died after the call');
    });
    await expect(deliver(bed.system, row, crash.options)).rejects.toThrow('died');
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'sending' });
    const next = scripted(() => ok);
    await sweep(bed.system, next.options);
    expect(next.calls.filter(call => call.id === row)).toHaveLength(0);
    bed.clock.advance(61_000);
    await sweep(bed.system, next.options);
    const again = next.calls.filter(call => call.id === row);
    expect(again).toHaveLength(1);
    expect(again[0]?.id).toBe(crash.calls[0]?.id);
    expect(again[0]?.nonce).toBe(crash.calls[0]?.nonce);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  it('is not tried for ever when each try kills its worker', async () => {
    const id = await send(message());
    const { id: row } = await rowFor(id, 'mail');
    const crash = scripted(() => {
      throw new Error('the worker died');
    });
    for (let i = 0; i < maxAttempts + 3; i++) {
      await deliver(bed.system, row, crash.options).catch(() => {});
      bed.clock.advance(61_000);
    }
    expect(crash.calls).toHaveLength(maxAttempts);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'dead' });
  });

  it('takes the word of the worker that holds the lease, not of one that lost it', async () => {
    const id = await send(message());
    const { id: row } = await rowFor(id, 'mail');
    const slow = scripted(async () => {
      bed.clock.advance(61_000);
      await deliver(bed.system, row, scripted(() => ok).options);
      return fails;
    });
    await deliver(bed.system, row, slow.options);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'delivered' });
    expect(await types(`delivery:${row}`)).toEqual(['notification.delivered']);
  });
});

describe('a channel that fails', () => {
  it('is spared after five failures, tried by one delivery, and used again when that arrives', async () => {
    const ids = [];
    for (let i = 0; i < 7; i++) ids.push(await send(message()));
    const rows = await Promise.all(ids.map(id => rowFor(id, 'mail')));
    const away = scripted(() => fails);
    for (const row of rows.slice(0, 6)) await deliver(bed.system, row.id, away.options);
    expect(away.calls).toHaveLength(5);
    expect(await rowFor(ids[5] ?? '', 'mail')).toMatchObject({ state: 'waiting', attempts: 0 });
    const view = await createCaller(bed.as(operator)).notifications.channels();
    expect(view.channels.find(c => c.channel === 'mail')?.circuit).toMatchObject({ state: 'open' });
    bed.clock.advance(61_000);
    const answer = Promise.withResolvers<Answer>();
    const well = scripted(() => answer.promise);
    const both = rows.slice(5).map(row => deliver(bed.system, row.id, well.options));
    // The one that tries gets no answer before the other one was told to wait.
    await Promise.race(both);
    answer.resolve(ok);
    await Promise.all(both);
    expect(well.calls).toHaveLength(1);
    bed.clock.advance(91_000);
    for (const row of rows.slice(5)) await deliver(bed.system, row.id, well.options);
    expect(well.calls).toHaveLength(2);
  });

  it('is not blamed for a recipient that does not exist', async () => {
    const refused = scripted(() => refuses);
    for (let i = 0; i < 6; i++)
      await deliver(bed.system, (await rowFor(await send(message()), 'mail')).id, refused.options);
    expect(refused.calls).toHaveLength(6);
    await bed.rows('update notification_message set undelivered_at = null');
  });
});

describe('when the matter is settled', () => {
  it('what waits is dropped, and what arrived is taken back once', async () => {
    const m = message();
    const id = await send(m);
    const { id: row } = await rowFor(id, 'mail');
    await deliver(bed.system, row, scripted(() => ok).options);
    await retire(m.groupKey);
    await retire(m.groupKey);
    expect((await rowsOf(id)).map(r => [r.channel, r.purpose, r.state])).toEqual([
      ['mail', 'send', 'delivered'],
      ['mail', 'retire', 'waiting'],
      ['slack', 'send', 'cancelled'],
      ['telegram', 'send', 'cancelled'],
    ]);
    const back = scripted(() => ({ ...ok, effect: 'updated' }) as Answer);
    await deliver(bed.system, (await rowFor(id, 'mail', 'retire')).id, back.options);
    expect(back.calls).toHaveLength(1);
    expect(await rowFor(id, 'mail', 'retire')).toMatchObject({ state: 'delivered', effect: 'updated' });
    const log = createCaller(bed.as(operator)).notifications;
    await expect(log.retry({ id: row })).rejects.toMatchObject({ cause: { code: 'delivery.retired' } });
  });

  it('holds also when it overtakes its message, and does not hold the next one of the group', async () => {
    const payload = payloadOf(message());
    await retire(payload.message.groupKey);
    await acceptMessage(bed.system, payload);
    expect(await rowsOf(payload.id)).toEqual([]);
    expect(await bed.rows('select state from notification_message where id = $1', [payload.id])).toEqual([
      { state: 'retired' },
    ]);
    const again = await send({ ...payload.message });
    expect((await rowsOf(again)).length).toBeGreaterThan(0);
  });

  it('a delivery that is under way at that moment is taken back as well', async () => {
    const m = message();
    const id = await send(m);
    const { id: row } = await rowFor(id, 'mail');
    await deliver(
      bed.system,
      row,
      scripted(async () => {
        await retire(m.groupKey, 'withdrawn');
        return ok;
      }).options,
    );
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'delivered' });
    expect(await rowFor(id, 'mail', 'retire')).toMatchObject({ state: 'waiting' });
  });

  it('time settles it, too', async () => {
    const expiresAt = new Date(bed.clock.now().getTime() + 60_000).toISOString();
    const id = await send(message({ expiresAt }));
    bed.clock.advance(61_000);
    const { calls, options } = scripted(() => ok);
    await deliver(bed.system, (await rowFor(id, 'mail')).id, options);
    expect(calls).toHaveLength(0);
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'cancelled' });
    await sweep(bed.system, options);
    expect(await bed.rows('select state, outcome from notification_message where id = $1', [id])).toEqual([
      { state: 'retired', outcome: 'expired' },
    ]);
  });
});

describe('what is kept', () => {
  it('is a message with its deliveries for ninety days', async () => {
    const id = await send(message());
    const old = new Date(bed.clock.now().getTime() - 91 * 86_400_000);
    await bed.rows('update notification_message set created_at = $1 where id = $2', [old, id]);
    const { options } = scripted(() => ok);
    await sweep(bed.system, options);
    expect(await rowsOf(id)).toEqual([]);
    expect(await types(`notification:${id}`)).toEqual(['notification.requested']);
  });
});

describe('the jobs’ own context', () => {
  it('runs them as the console, so that a worker needs nobody’s session', async () => {
    const id = await send(message());
    await deliver(
      systemContext('notifications.deliver', bed.database, bed.clock),
      (await rowFor(id, 'mail')).id,
    );
    expect(await rowFor(id, 'mail')).toMatchObject({ state: 'simulated' });
  });
});
