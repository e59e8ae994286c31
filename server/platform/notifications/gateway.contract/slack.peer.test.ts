import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#kernel/http/free-port.ts';
import { type ChannelBench, keepsChannelContract, parcelFor, soon } from '#scripts/testing/channels.ts';
import { installPeer } from '#scripts/testing/peer-packages.ts';
import { slackGateway } from '../gateway.real/slack.ts';

interface Emulator {
  url: string;
  close(): Promise<void>;
}

const peer = installPeer('emulate', '0.12.2');

describe.skipIf(!peer)('Slack, by emulate 0.12.2', () => {
  const botToken = 'xoxb-console-bot';
  let slack: Emulator;
  let channel: string;
  let hook: string;

  const call = async (method: string, body: unknown) => {
    const response = await fetch(`${slack.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { messages?: unknown[]; channels?: { id: string }[] };
  };

  beforeAll(async () => {
    const { createEmulator } = (await (peer ?? expect.fail()).load()) as {
      createEmulator(options: unknown): Promise<Emulator>;
    };
    slack = await createEmulator({ service: 'slack', port: await freePort() });
    channel = (await call('conversations.list', {})).channels?.[0]?.id ?? '';
    hook = `${slack.url}/services/T000000001/B000000001/X000000001`;
  });
  afterAll(async () => {
    await slack?.close();
    peer?.remove();
  });

  const held = async () => JSON.stringify((await call('conversations.history', { channel })).messages);
  const bot = (): ChannelBench => ({
    gateway: slackGateway({ apiUrl: `${slack.url}/api`, botToken, channel }),
    target: { kind: 'slack', channel: null },
    secrets: [botToken],
    held,
  });

  describe('the bot', () => {
    keepsChannelContract(bot, { retires: 'updated' });

    it('is told that a channel does not exist', async () => {
      const answer = await bot().gateway.send(parcelFor({ kind: 'slack', channel: 'C404' }), soon());
      expect(answer).toMatchObject({ result: 'dead', fault: 'recipient', reason: 'channel_not_found' });
    });

    it('follows up a message that is gone', async () => {
      const { gateway, target } = bot();
      const back = await gateway.retire(parcelFor(target), { channel, ts: '1.1' }, 'expired', soon());
      expect(back).toMatchObject({ result: 'delivered', effect: 'followed_up' });
    });
  });

  describe('the incoming webhook', () => {
    keepsChannelContract(
      () => ({
        gateway: slackGateway({ apiUrl: 'http://127.0.0.1:9', webhookUrl: hook }),
        target: { kind: 'slack', channel: null },
        secrets: ['X000000001'],
        held,
      }),
      { retires: 'followed_up' },
    );
  });
});
