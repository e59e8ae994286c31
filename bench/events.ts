import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import type { Principal } from '#kernel/auth/principal.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { startLoop } from '#kernel/jobs/loop.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { appRouter } from '#server/root.ts';
import { millis, quantile, type Row } from './measure.ts';

const reader: Principal = { kind: 'token', id: 'bench', name: 'bench', holders: ['operator'] };

/** From the call of commit to the event read by a client of the stream over HTTP, beside the bare commit. */
export async function eventLatency(database: Database): Promise<Row> {
  const owner = database.pool('atom_owner');
  await owner.query('delete from outbox');
  const loop = startLoop('dispatcher', 25, createDispatcher(owner).step);
  const handler = createHTTPHandler({
    router: appRouter,
    createContext: () => ({
      principal: reader,
      database,
      clock: systemClock,
      request: { channel: 'console' as const, ip: 'local', csrfSafe: true },
    }),
  });
  const server = createServer(handler);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const waiting = new Map<string, () => void>();
  const opened = Promise.withResolvers<void>();
  let text = '';
  const stream = get(
    `http://127.0.0.1:${port}/live.events`,
    { headers: { accept: 'text/event-stream' } },
    response =>
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          if (line.includes('live.opened')) opened.resolve();
          const key = /"key":"(k\d+)"/.exec(line)?.[1];
          if (key) waiting.get(key)?.();
        }
      }),
  );
  await within(opened.promise);
  const ctx = systemContext('bench', database, systemClock);
  const latencies: number[] = [];
  for (let i = 0; i < 100; i++) {
    const arrived = new Promise<void>(resolve => waiting.set(`k${i}`, resolve));
    const started = performance.now();
    await ctx.commit({ type: 'bench.said', topics: [{ topic: 'bench', key: `k${i}` }] }, async () => {});
    await within(arrived);
    latencies.push(performance.now() - started);
  }
  const commit = await millis(50, () => ctx.commit({ type: 'bench.said' }, async () => {}));
  stream.destroy();
  await loop.stop();
  server.closeAllConnections();
  server.close();
  return {
    name: 'commit to event in a client of the stream over HTTP, p99, beside the commit alone',
    ours: quantile(latencies, 0.99),
    limit: commit,
    unit: 'ms',
    ratio: quantile(latencies, 0.99) / commit,
    aim: 'p99 < 1 s',
  };
}

const deadlineMs = 20_000;

async function within(arrival: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('No event came over the stream in time.')), deadlineMs);
  });
  await Promise.race([arrival, late]).finally(() => clearTimeout(timer));
}
