import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrapDatabase } from '#kernel/db/bootstrap.ts';
import { type EmbeddedPostgres, startEmbedded } from '#kernel/db/embedded.ts';
import { env } from '#kernel/env/env.ts';
import { freePort, portFree, requirePostgres } from './checks.ts';
import { say } from './say.ts';

export interface StatePostgres {
  /** As whoever may create roles; kept in this process only. */
  adminDsn: string;
  /** What the other processes get: no credentials, they have their own. */
  publicDsn: string;
  embedded: EmbeddedPostgres | null;
}

const databaseName = (dsn: string) => decodeURIComponent(new URL(dsn).pathname.slice(1)) || 'atom';

export async function statePostgres(): Promise<StatePostgres> {
  const given = env().vars.POSTGRES_DSN ?? env().vars.DATABASE_URL;
  if (given) {
    await requirePostgres(given);
    await bootstrapDatabase(given, databaseName(given));
    return { adminDsn: given, publicDsn: withoutCredentials(given, databaseName(given)), embedded: null };
  }
  const dir = join(env().home, 'postgres', 'console');
  const portFile = join(env().home, 'postgres.port');
  const remembered = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
  const port = remembered && (await portFree('127.0.0.1', remembered)) ? remembered : await freePort();
  const started = Date.now();
  const embedded = await startEmbedded({
    dir,
    port,
    password: env().secret('embedded-postgres').toString('base64url'),
    onLog: line =>
      /FATAL|PANIC|ERROR/.test(line) &&
      !/terminating connection|the database system is|graphile_worker.migrations/.test(line) &&
      say('postgres', line),
  });
  writeFileSync(portFile, String(port));
  await bootstrapDatabase(embedded.adminUrl, 'atom');
  say('start', `embedded Postgres on port ${port}, ready in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return { adminDsn: embedded.adminUrl, publicDsn: `postgresql://127.0.0.1:${port}/atom`, embedded };
}

function withoutCredentials(dsn: string, database: string): string {
  const url = new URL(dsn);
  url.username = '';
  url.password = '';
  url.pathname = `/${database}`;
  return url.toString();
}
