import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from '#kernel/db/embedded.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { freezeTree } from '#kernel/regions/freeze.ts';
import {
  bindRegionServers,
  embeddedRegions,
  givenServers,
  regionDatabaseName,
  regionFolder,
  regionNote,
  regionPassword,
} from '#kernel/regions/servers.ts';
import { closeRegionPools } from '#kernel/regions/sql.ts';
import { seedRegionDatabase } from '../../prisma/seed/region-databases.ts';
import { portFree } from './checks.ts';
import { say } from './say.ts';

export interface RegionKeeper {
  stop(): Promise<void>;
}

/** Small on purpose: they hold a demo's data beside the console's own server. */
export const regionSettings = {
  shared_buffers: '24MB',
  max_connections: '60',
  max_wal_senders: '8',
  max_replication_slots: '8',
  max_slot_wal_keep_size: '512MB',
  max_wal_size: '128MB',
  wal_sender_timeout: '10s',
  wal_receiver_timeout: '10s',
  wal_receiver_status_interval: '1s',
  jit: 'off',
};

/** Whose rows an embedded region begins with; the replica gets its rows by replication alone. */
const firstTenants: Record<string, readonly string[]> = {
  'eu-west': ['t1', 'test_tenant', 'acme-retail', 'borealis-bank', 'fjord-media'],
};

/**
 * The two region databases of the default start: real servers with demo data, apart from the console's own so that a
 * game day can end one. They come after the console is usable and are started again when they die.
 */
export function keepRegions(): RegionKeeper {
  const given = new Set(givenServers().map(server => server.region));
  const wanted = embeddedRegions.filter(region => !given.has(region));
  const running = new Map<string, EmbeddedPostgres>();
  const starting = new Map<string, Promise<EmbeddedPostgres>>();
  let stopping = false;
  const note = () =>
    writeFileSync(
      regionNote.path(),
      JSON.stringify([...running].map(([region, s]) => ({ region, port: s.port, pid: s.process.pid ?? 0 }))),
      { mode: 0o600 },
    );

  const launch = async (region: string, port: EmbeddedOptions['port'], failures: number): Promise<void> => {
    const at = Date.now();
    const start = startEmbedded({
      dir: join(regionFolder(), region),
      port,
      password: regionPassword(region),
      settings: regionSettings,
    });
    starting.set(region, start);
    const server = await start;
    if (stopping) return;
    server.process.once('exit', () => {
      running.delete(region);
      if (stopping) return;
      note();
      const again = Date.now() - at > 60_000 ? 0 : failures + 1;
      if (again > 5) return say('error', `the database of region ${region} keeps ending; it stays down`);
      say('error', `the database of region ${region} ended; starting it again`);
      setTimeout(
        () => {
          if (!stopping) launch(region, server.port, again).catch(error => say('error', error.message));
        },
        1000 * 2 ** again,
      );
    });
    writeFileSync(portFile(region), String(server.port));
    await makeDatabase(server.adminUrl);
    running.set(region, server);
    note();
  };

  const begin = async () => {
    rmSync(regionNote.path(), { force: true });
    if (wanted.length === 0) return;
    const at = Date.now();
    mkdirSync(regionFolder(), { recursive: true, mode: 0o711 });
    for (const region of wanted) {
      if (stopping) return;
      await launch(region, await rememberedPort(region), 0);
      bindRegionServers(null);
      await seedRegionDatabase(region, firstTenants[region] ?? []);
    }
    const seconds = ((Date.now() - at) / 1000).toFixed(1);
    say(
      'start',
      `region databases of ${wanted.join(' and ')}: real servers, demo data, ready in ${seconds} s`,
    );
  };
  const beginning = begin().catch(error => {
    if (!stopping) say('error', `The region databases do not start. ${error.message}`);
  });

  return {
    stop: async () => {
      stopping = true;
      await Promise.allSettled(
        [...starting.values()].map(async start => {
          const server = await start;
          // One that was paused to practise would not hear that it is to stop.
          freezeTree(server.process.pid ?? 0, false);
          await server.stop();
        }),
      );
      await beginning;
      await closeRegionPools();
      rmSync(regionNote.path(), { force: true });
    },
  };
}

const portFile = (region: string) => join(regionFolder(), `${region}.port`);

/** The one it had, so that whoever wrote it down finds it again. */
async function rememberedPort(region: string): Promise<EmbeddedOptions['port']> {
  const file = portFile(region);
  const remembered = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  return remembered && (await portFree('127.0.0.1', remembered)) ? remembered : freePort;
}

async function makeDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const has = await client.query('select 1 from pg_database where datname = $1', [regionDatabaseName]);
    if (!has.rowCount) await client.query(`create database ${pg.escapeIdentifier(regionDatabaseName)}`);
  } finally {
    await client.end();
  }
}
