import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrapDatabase } from '#kernel/db/bootstrap.ts';
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from '#kernel/db/embedded.ts';
import { env } from '#kernel/env/env.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { portFree, requirePostgres } from './checks.ts';
import { CannotStart, say } from './say.ts';

export interface StatePostgres {
  /** What every process gets: no credentials, each role derives its own. Who may create roles stays in this process. */
  publicDsn: string;
  embedded: boolean;
}

export interface PostgresKeeper {
  ready: Promise<StatePostgres>;
  /** Also while it is still starting. */
  stop(): Promise<void>;
}

const databaseName = (dsn: string) => decodeURIComponent(new URL(dsn).pathname.slice(1)) || 'atom';

/** The given Postgres, or an embedded one that is started again when it dies. */
export function keepPostgres(onFatal: (message: string) => void): PostgresKeeper {
  const given = env().vars.POSTGRES_DSN ?? env().vars.DATABASE_URL;
  return given ? { ready: givenPostgres(given), stop: async () => {} } : keepEmbedded(onFatal);
}

async function givenPostgres(dsn: string): Promise<StatePostgres> {
  await requirePostgres(dsn);
  await bootstrapDatabase(dsn, databaseName(dsn));
  return { publicDsn: withoutCredentials(dsn, databaseName(dsn)), embedded: false };
}

function keepEmbedded(onFatal: (message: string) => void): PostgresKeeper {
  let stopping = false;
  let failures = 0;
  let starting: Promise<EmbeddedPostgres> | null = null;

  const launch = async (port: EmbeddedOptions['port']): Promise<EmbeddedPostgres> => {
    const at = Date.now();
    starting = startServer(port, line => !stopping && say('postgres', line));
    const server = await starting;
    server.process.once('exit', () => {
      if (stopping) return;
      failures = Date.now() - at > 60_000 ? 0 : failures + 1;
      if (failures > 5) return onFatal('Postgres keeps ending. Its last lines above say why.');
      say('error', 'Postgres ended; starting it again');
      launch(server.port).catch(
        error => stopping || onFatal(`Postgres does not start again: ${error.message}`),
      );
    });
    return server;
  };

  const begin = async (): Promise<StatePostgres> => {
    const at = Date.now();
    const portFile = join(env().home, 'postgres.port');
    const remembered = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
    const free = remembered && (await portFree('127.0.0.1', remembered));
    const server = await launch(free ? remembered : freePort).catch(error => {
      throw new CannotStart(`The embedded Postgres does not start. ${error.message}`);
    });
    const { port } = server;
    writeFileSync(portFile, String(port));
    await bootstrapDatabase(server.adminUrl, 'atom');
    const seconds = ((Date.now() - at) / 1000).toFixed(1);
    say('start', `embedded Postgres on port ${port}, ready in ${seconds} s`);
    return { publicDsn: `postgresql://127.0.0.1:${port}/atom`, embedded: true };
  };

  return {
    ready: begin(),
    stop: async () => {
      stopping = true;
      const server = await starting?.catch(() => null);
      await server?.stop();
    },
  };
}

const startServer = (port: EmbeddedOptions['port'], report: (line: string) => void) =>
  startEmbedded({
    dir: join(env().home, 'postgres', 'console'),
    port,
    password: env().secret('embedded-postgres').toString('base64url'),
    onLog: line =>
      /FATAL|PANIC|ERROR/.test(line) &&
      !/terminating connection|the database system is|graphile_worker.migrations/.test(line) &&
      report(line),
  });

function withoutCredentials(dsn: string, database: string): string {
  const url = new URL(dsn);
  url.username = '';
  url.password = '';
  url.pathname = `/${database}`;
  return url.toString();
}
