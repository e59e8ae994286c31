import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { ChannelGateway, Parcel, Target } from '#server/platform/notifications/gateway.ts';
import { contentOf, type StoredMessage } from '#server/platform/notifications/rules/content.ts';

export const sampleMessage: StoredMessage = {
  id: '01999999-0000-7000-8000-000000000001',
  groupKey: 'approval:a1',
  kind: 'approval',
  severity: 'warning',
  title: 'Suspend the tenant <acme> & "others"',
  lines: [
    { label: 'Risk', value: 'high' },
    { label: 'Asked by', value: 'ada@example.net' },
  ],
  link: '/approvals/a1',
  expiresAt: '2026-01-01T00:30:00.000Z',
  createdAt: '2026-01-01T00:00:00.000Z',
};

export const parcelFor = (target: Target, change: Partial<Parcel> = {}): Parcel => ({
  id: '01999999-0000-7000-8000-0000000000aa',
  content: contentOf(sampleMessage, 'https://console.example.net'),
  nonce: 'nonce-0123456789abcdef0123456789',
  target,
  now: new Date(),
  ...change,
});

export const soon = () => AbortSignal.timeout(60_000);

/** What a bench lets the contract see and do; a peer that cannot be made to fail leaves the last three out. */
export interface ChannelBench {
  gateway: ChannelGateway;
  target: Target;
  secrets: string[];
  /** Everything the other side holds now, as text. */
  held(): Promise<string>;
  busy?(seconds: number): void;
  down?(): void;
  refuse?(): void;
}

/** The one contract of every channel, real or simulated. */
export function keepsChannelContract(bench: () => ChannelBench, how: { retires: 'updated' | 'followed_up' }) {
  it('sends the words and the link, and keeps secrets, nonces and addresses out of its log', async () => {
    const { gateway, target, secrets, held } = bench();
    const parcel = parcelFor(target);
    const answer = await gateway.send(parcel, soon());
    expect(answer.result).toBe(gateway.real ? 'delivered' : 'simulated');
    const log = JSON.stringify([answer.request, answer.response]);
    for (const secret of [...secrets, parcel.nonce, 'ada@example.net']) expect(log).not.toContain(secret);
    if (!gateway.real) return expect(log).toContain('"simulated":true');
    const text = await held();
    expect(text).toContain('Suspend the tenant');
    expect(text).toContain('https://console.example.net/approvals/a1');
    expect(text).not.toContain('ada@example.net');
    expect(text).not.toMatch(/"(approve|deny)"/);
  });

  it('takes back what was sent, in its way', async () => {
    const { gateway, target, held } = bench();
    const parcel = parcelFor(target);
    const sent = await gateway.send(parcel, soon());
    const remote = sent.result === 'delivered' ? sent.remote : null;
    const back = await gateway.retire(
      { ...parcel, id: '01999999-0000-7000-8000-0000000000bb' },
      remote,
      'decided',
      soon(),
    );
    if (!gateway.real) return expect(back.result).toBe('simulated');
    expect(back).toMatchObject({ result: 'delivered', effect: how.retires });
    expect(await held()).toMatch(/matter is settled|notification\.retired/);
  });

  it('comes back later when the channel is busy or away, and gives up when it is refused', async () => {
    const { gateway, target, busy, down, refuse } = bench();
    if (busy) {
      busy(7);
      expect(await gateway.send(parcelFor(target), soon())).toMatchObject({ result: 'retry' });
    }
    if (refuse) {
      refuse();
      expect(await gateway.send(parcelFor(target), soon())).toMatchObject({ result: 'dead' });
    }
    if (down) {
      down();
      expect(await gateway.send(parcelFor(target), soon())).toMatchObject({ result: 'retry' });
    }
  });
}

export interface Heard {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server on loopback that remembers what it heard and answers as it is told. */
export async function listen(answer: (heard: Heard, response: ServerResponse) => void) {
  const heard: Heard[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      heard.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    heard,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
