import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { version } from '#kernel/env/version.ts';
import { InferenceCache } from '#server/policy/cache/service.ts';
import { RelayEngine } from '#server/policy/relay/service/engine.ts';
import { EnrolRefused, enrol, identityOf, openDisk } from '#server/policy/relay/service/enrol.ts';
import { openWitnessDisk, RelayWitness, witnessKey } from '#server/policy/relay/service/witness.ts';
import { cacheServer } from './cache.ts';
import { relayServer } from './http.ts';
import { keepLink } from './link.ts';
import { readOptions, UnusableOptions } from './options.ts';

/** The edge daemon: no database but its own file, no configuration but its arguments. */
const say = (event: string, facts: Record<string, unknown> = {}) =>
  console.log(JSON.stringify({ level: 'info', time: new Date().toISOString(), event, ...facts }));
const end = (message: string): never => {
  console.error(message);
  process.exit(1);
};

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const disk = openDisk(options.data);
  if (!disk.identity()) {
    if (!options.tokenFile)
      return end('This folder has not joined a hub yet: --token-file is needed for the first start.');
    const token = readFileSync(options.tokenFile, 'utf8').trim();
    const id = options.id ?? `edge-${randomBytes(3).toString('hex')}`;
    await enrol(disk, {
      hub: options.hub,
      token,
      id,
      labels: options.labels,
      agent: `relay ${version()}`,
      now: new Date(),
      ...(options.region ? { region: options.region } : {}),
    });
    say('relay.joined', { relay: id });
  }
  const identity = identityOf(disk);
  if (!identity) return end('The join did not leave an identity behind.');
  const link = keepLink({
    hub: options.hub,
    say,
    engine: send =>
      new RelayEngine({
        id: identity.id,
        key: identity.key,
        disk,
        agent: `relay ${version()}`,
        now: () => new Date(),
        mono: () => performance.now(),
        send,
        say,
      }),
  });
  const now = () => new Date();
  const seen = identity.ledger ? openWitnessDisk(options.data) : null;
  const server = relayServer({
    engine: link.engine,
    version: version(),
    simulated: options.labels.fleet === 'demo',
    carrier: link.carrier,
    sync: link.hurry,
    ...(identity.ledger && seen
      ? {
          witness: new RelayWitness({
            disk: seen,
            signer: witnessKey(identity.id, identity.key, now),
            log: identity.ledger,
            now,
          }),
        }
      : {}),
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cache = cacheServer(
    new InferenceCache(link.engine, { bytes: options.cacheMegabytes * 2 ** 20, now: Date.now }),
  );
  cache.listen(options.port === 0 ? 0 : options.port + 1, options.host);
  await once(cache, 'listening');
  say('relay.ready', { relay: identity.id, port });
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    for (const open of [server, cache]) {
      open.close();
      open.closeAllConnections();
    }
    await link.stop();
    disk.close();
    seen?.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

main().catch(error => {
  const expected = error instanceof UnusableOptions || error instanceof EnrolRefused;
  const busy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  if (busy) return end('The port is in use. Choose another one with --port.');
  const reach = /fetch failed|ECONNREFUSED/.test(String(error));
  end(
    expected
      ? error.message
      : reach
        ? 'The hub cannot be reached. A relay that has joined starts without it; the first start cannot.'
        : String(error.stack ?? error),
  );
});
