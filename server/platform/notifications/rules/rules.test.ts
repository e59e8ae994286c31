import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { parcelFor, sampleMessage } from '#scripts/testing/channels.ts';
import { kinds, type Message } from '../schema.ts';
import { maxAttempts, retryAfterMs, waitMs } from './backoff.ts';
import { admission, type Circuit, closed, following, probing } from './circuit.ts';
import { contentOf } from './content.ts';
import { mailOf } from './mail.ts';
import { type Preference, planDeliveries, quietUntil } from './plan.ts';
import { slackMessage, slackRetired, slackSignatureFault } from './slack.ts';
import { telegramMessage } from './telegram.ts';
import { webhookHeaders } from './webhook.ts';

const now = new Date('2026-01-01T00:00:00.000Z');
const parcel = parcelFor({ kind: 'telegram', chat: '1' });

describe('signatures as published', () => {
  // The worked example of Slack's own documentation.
  const secret = '8f742231b10e8888abcd99yyyzzz85a5';
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
  const given = {
    timestamp: '1531420618',
    signature: 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    body,
  };
  const at = (seconds: number) => new Date((1531420618 + seconds) * 1000);
  it.each([
    ['at once', given, 0, null],
    ['five minutes later', given, 300, null],
    ['five minutes before', given, -300, null],
    ['a second later still', given, 301, 'stale'],
    ['from the future', given, -301, 'stale'],
    ['with another body', { ...given, body: `${body}&x=1` }, 0, 'forged'],
    ['with another time', { ...given, timestamp: '1531420619' }, 0, 'forged'],
    ['of another version', { ...given, signature: given.signature.replace('v0', 'v1') }, 0, 'forged'],
    ['cut short', { ...given, signature: given.signature.slice(0, 40) }, 0, 'forged'],
    ['without signature', { ...given, signature: null }, 0, 'unsigned'],
    ['without time', { ...given, timestamp: null }, 0, 'unsigned'],
    ['with words for a time', { ...given, timestamp: 'now' }, 0, 'unsigned'],
  ])('Slack: %s', (_when, call, seconds, fault) => {
    expect(slackSignatureFault(call, secret, at(seconds))).toBe(fault);
  });

  it('Standard Webhooks: the published example', () => {
    const headers = webhookHeaders(
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      new Date(1614265330_000),
      '{"test": 2432232314}',
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    );
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('Standard Webhooks: whatever is said, an independent verifier believes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 64 }), fc.uuid(), fc.json(), (key, id, body) => {
        const secret = `whsec_${Buffer.from(key).toString('base64')}`;
        const headers = webhookHeaders(id, new Date(), body, secret);
        expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
      }),
    );
  });
});

describe('waiting', () => {
  it('grows, stays within its bounds, and is never the same for all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, random) => {
          const wait = waitMs(n, random);
          expect(wait).toBeGreaterThanOrEqual(2500);
          expect(wait).toBeLessThanOrEqual(3_600_000);
          if (n < 6) expect(waitMs(n + 1, 0)).toBeGreaterThanOrEqual(waitMs(n, 1));
        },
      ),
    );
    expect(waitMs(1, 0)).not.toBe(waitMs(1, 0.9));
  });
  it('honours what the channel asks for, within an hour', () => {
    expect(waitMs(1, 0, 30_000)).toBe(30_000);
    expect(waitMs(7, 0, 1000)).toBe(1000);
    expect(waitMs(1, 1, 86_400_000)).toBe(3_600_000);
  });
  it.each([
    ['30', 30_000],
    [' 1.5 ', 1500],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads Retry-After %s', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
  it('ends', () => expect(maxAttempts).toBeLessThan(20));
});

describe('the circuit', () => {
  const later = (ms: number) => new Date(now.getTime() + ms);
  const failing = (n: number) => {
    let circuit = closed(now);
    for (let i = 0; i < n; i++) circuit = following(circuit, 'failed', now);
    return circuit;
  };
  it('opens at the fifth failure in a row, not at five with a success between', () => {
    expect(failing(4).state).toBe('closed');
    expect(failing(5)).toMatchObject({ state: 'open', retryAt: later(60_000) });
    expect(following(following(failing(4), 'ok', now), 'failed', now)).toMatchObject({
      state: 'closed',
      failures: 1,
    });
  });
  it('lets one try after the pause, holds the rest, and stays open twice as long when that fails', () => {
    const open = failing(5);
    expect(admission(open, later(59_999))).toEqual({ admit: false, until: later(60_000) });
    expect(admission(open, later(60_000))).toEqual({ admit: true, probe: true });
    const half = probing(open, later(60_000));
    expect(admission(half, later(60_001)).admit).toBe(false);
    expect(following(half, 'failed', later(61_000)).retryAt).toEqual(later(61_000 + 120_000));
    expect(following(half, 'ok', later(61_000)).state).toBe('closed');
  });
  it('never stays shut for ever, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('ok', 'failed', 'neutral' as const), { maxLength: 60 }), said => {
        let circuit: Circuit = closed(now);
        for (const one of said) circuit = following(circuit, one, now);
        expect(admission(circuit, later(900_000)).admit).toBe(true);
        if (said.at(-1) === 'ok') expect(circuit.state).toBe('closed');
      }),
    );
  });
});

const message = (change: Partial<Message> = {}): Message => ({
  groupKey: 'g',
  kind: 'approval',
  severity: 'info',
  title: 't',
  lines: [],
  link: '/x',
  to: { roles: ['approver'] },
  ...change,
});
const wanting = (change: Partial<Preference> = {}): Preference => ({
  mail: kinds,
  slack: kinds,
  telegram: kinds,
  quietFrom: null,
  quietTo: null,
  timeZone: 'UTC',
  slackMember: null,
  telegramChat: null,
  ...change,
});

describe('who is told', () => {
  const plan = (m: Message, preference?: Preference, email: string | null = 'a@example.net') =>
    planDeliveries({
      message: m,
      readers: [{ id: 'u1', email }],
      preferences: new Map(preference ? [['u1', preference]] : []),
      endpoints: [{ id: 'e1', kinds: ['approval'] }],
      fallback: true,
      now,
    }).map(p => `${p.channel} ${p.recipient}`);

  it('everybody over everything, until they say otherwise', () => {
    expect(plan(message())).toEqual([
      'slack shared',
      'telegram shared',
      'webhook endpoint:e1',
      'mail user:u1',
    ]);
    expect(plan(message(), wanting({ mail: ['alert'], slackMember: 'U1', telegramChat: '9' }))).toEqual([
      'slack shared',
      'telegram shared',
      'webhook endpoint:e1',
      'slack user:u1',
      'telegram user:u1',
    ]);
  });
  it('keeps a security notice of one person out of shared channels', () => {
    expect(plan(message({ kind: 'security', to: { users: ['u1'] } }))).toEqual(['mail user:u1']);
  });
  it('falls back to the one address when nobody has one, and only then', () => {
    expect(plan(message(), undefined, null)).toContain('mail fallback');
    expect(plan(message())).not.toContain('mail fallback');
  });
  it('leaves endpoints alone that did not ask for the kind', () => {
    expect(plan(message({ kind: 'alert' }))).not.toContain('webhook endpoint:e1');
  });
});

describe('quiet hours', () => {
  const at = (time: string) => new Date(`2026-01-01T${time}:00.000Z`);
  const night = { quietFrom: 22 * 60, quietTo: 7 * 60, timeZone: 'UTC' };
  it.each([
    ['21:59', '21:59'],
    ['07:00', '07:00'],
    ['03:00', '07:00'],
  ])('over midnight: %s waits until %s', (when, until) => {
    expect(quietUntil(at(when), night)).toEqual(at(until));
  });
  it('reach into the next day, in the person’s own time zone', () => {
    expect(quietUntil(at('23:30'), night)).toEqual(new Date('2026-01-02T07:00:00.000Z'));
    expect(quietUntil(at('21:30'), { ...night, timeZone: 'Europe/Berlin' })).toEqual(
      new Date('2026-01-02T06:00:00.000Z'),
    );
  });
  it('never hold a critical message', () => {
    const said = wanting(night);
    const plan = (severity: Message['severity']) =>
      planDeliveries({
        message: message({ severity }),
        readers: [{ id: 'u1', email: 'a@example.net' }],
        preferences: new Map([['u1', said]]),
        endpoints: [],
        fallback: false,
        now: at('23:30'),
      }).find(p => p.channel === 'mail')?.notBefore;
    expect(plan('critical')).toEqual(at('23:30'));
    expect(plan('warning')).toEqual(new Date('2026-01-02T07:00:00.000Z'));
  });
  it('end within a day, and outside themselves', () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(minute, minute, minute, (quietFrom, quietTo, n) => {
        const start = new Date(now.getTime() + n * 60_000);
        const end = quietUntil(start, { quietFrom, quietTo, timeZone: 'UTC' });
        expect(end.getTime() - start.getTime()).toBeLessThan(86_400_000);
        expect(end >= start).toBe(true);
        expect(quietUntil(end, { quietFrom, quietTo, timeZone: 'UTC' })).toEqual(end);
      }),
    );
  });
});

describe('what is said', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
  const stored = fc.record({
    title: text,
    lines: fc.array(fc.record({ label: text, value: fc.string({ unit: 'grapheme', maxLength: 500 }) }), {
      maxLength: 20,
    }),
  });
  const of = (given: Pick<typeof sampleMessage, 'title' | 'lines'>) =>
    contentOf({ ...sampleMessage, ...given }, 'https://console.example.net');

  it('fits what the channels take, whatever it says, and opens one page only', () => {
    fc.assert(
      fc.property(stored, given => {
        const content = of(given);
        const slack = slackMessage(content, parcel.nonce);
        expect(slack.blocks.length).toBeLessThanOrEqual(50);
        for (const block of slack.blocks)
          if ('fields' in block) expect(block.fields?.length).toBeLessThanOrEqual(10);
        const telegram = telegramMessage(content, parcel.nonce);
        expect(telegram.text.length).toBeLessThanOrEqual(4096);
        const mail = mailOf(content);
        expect(mail.subject).not.toMatch(/[\r\n]/);
        expect([...mail.html.matchAll(/href="([^"]*)"/g)].map(m => m[1])).toEqual([content.url]);
        expect(mail.html).not.toMatch(/<(script|img|iframe|link)\b/i);
        expect(JSON.stringify(slackRetired(content, 'decided'))).not.toContain('"button"');
      }),
    );
  });

  it('lets no address, token or key out that slipped into a text', () => {
    const leaky = of({
      title: 'Login of ada@example.net',
      lines: [{ label: 'Token', value: 'Bearer abcdefghijklmnop and atom_pat_0123456789abcdef0123' }],
    });
    const all = JSON.stringify([
      slackMessage(leaky, parcel.nonce),
      telegramMessage(leaky, parcel.nonce),
      mailOf(leaky),
    ]);
    for (const canary of ['ada@example.net', 'abcdefghijklmnop', 'atom_pat_0123456789abcdef0123'])
      expect(all).not.toContain(canary);
  });

  it('shows a local console’s link as text in Telegram, with an opaque button', () => {
    const local = contentOf(sampleMessage, 'http://localhost:3000');
    const { text, reply_markup } = telegramMessage(local, parcel.nonce);
    expect(text).toContain('http://localhost:3000/approvals/a1');
    expect(reply_markup.inline_keyboard).toEqual([[{ text: 'Show the link', callback_data: parcel.nonce }]]);
    expect(Buffer.byteLength(parcel.nonce)).toBeLessThanOrEqual(64);
  });
});
