import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '#kernel/http/free-port.ts';
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from './embedded.ts';

const folder = mkdtempSync(join(tmpdir(), 'atom-embedded-'));
chmodSync(folder, 0o711);
const running: EmbeddedPostgres[] = [];
const start = async (name: string, port: EmbeddedOptions['port']) => {
  const server = await startEmbedded({
    dir: join(folder, name),
    port,
    password: 'same',
    settings: { fsync: 'off', shared_buffers: '16MB', max_connections: '20' },
  });
  running.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

it('never takes another server at its port for its own, and asks for another port where it may', async () => {
  const first = await start('first', freePort);
  // The same password: whoever only connected would believe that it is there.
  await expect(start('second', first.port)).rejects.toThrow(/Address already in use/);
  const drawn = [first.port];
  const second = await start('second', async () => {
    drawn.push(await freePort());
    return drawn.at(-2) ?? 0;
  });
  expect(second.port).not.toBe(first.port);
  expect(drawn).toContain(second.port);
});
