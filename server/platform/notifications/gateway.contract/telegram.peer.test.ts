import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#kernel/http/free-port.ts';
import { type ChannelBench, keepsChannelContract, listen, soon } from '#scripts/testing/channels.ts';
import { installPeer } from '#scripts/testing/peer-packages.ts';
import { until } from '#scripts/testing/until.ts';
import { setTelegramWebhook, telegramGateway } from '../gateway.real/telegram.ts';

interface TelegramServer {
  start(): Promise<void>;
  stop(): Promise<boolean>;
  config: { apiURL: string };
  storage: { botMessages: unknown[] };
  getClient(token: string): {
    makeMessage(text: string): unknown;
    sendMessage(message: unknown): Promise<unknown>;
  };
}

const peer = installPeer('telegram-test-api', '4.2.1');

describe.skipIf(!peer)('Telegram, by telegram-test-api 4.2.1', () => {
  const botToken = '123456:console';
  let telegram: TelegramServer;

  beforeAll(async () => {
    const loaded = (await peer?.load()) as Record<string, unknown>;
    const Server = (loaded.TelegramServer ??
      (loaded.default as { TelegramServer?: unknown }).TelegramServer ??
      loaded.default) as new (
      options: unknown,
    ) => TelegramServer;
    telegram = new Server({ port: await freePort(), host: '127.0.0.1' });
    await telegram.start();
  });
  afterAll(async () => {
    await telegram?.stop();
    peer?.remove();
  });

  const bench = (): ChannelBench => ({
    gateway: telegramGateway({ apiUrl: telegram.config.apiURL, botToken }),
    target: { kind: 'telegram', chat: '1' },
    secrets: [botToken],
    held: async () => JSON.stringify(telegram.storage.botMessages),
  });
  keepsChannelContract(bench, { retires: 'updated' });

  it('calls back where it was told to', async () => {
    const receiver = await listen((_heard, response) => void response.writeHead(200).end('{}'));
    try {
      const url = `${receiver.url}/api/callbacks/telegram`;
      const config = { apiUrl: telegram.config.apiURL, botToken };
      expect(await setTelegramWebhook(config, url, 'secret', soon())).toBeNull();
      const client = telegram.getClient(botToken);
      await client.sendMessage(client.makeMessage('/start ABCDEFGHJK'));
      await until('the call', () => receiver.heard.length > 0);
      expect(receiver.heard[0]?.path).toBe('/api/callbacks/telegram');
      expect(receiver.heard[0]?.body).toContain('/start ABCDEFGHJK');
    } finally {
      await receiver.close();
    }
  });
});
