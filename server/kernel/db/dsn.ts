import { existsSync, readFileSync } from 'node:fs';
import { env } from '../env/env.ts';
import { type Database, database } from './database.ts';
import { dsnFile } from './dsn-file.ts';

function noted(): string | undefined {
  return existsSync(dsnFile()) ? readFileSync(dsnFile(), 'utf8').trim() : undefined;
}

/** The console's own database, as told by the operator or the supervisor. */
export function consoleDsn(): string {
  const given = env().vars.POSTGRES_DSN ?? env().vars.DATABASE_URL ?? noted();
  if (!given)
    throw new Error('POSTGRES_DSN is not set: start through `npm start`, which brings an embedded Postgres.');
  const url = new URL(given);
  if (url.pathname === '' || url.pathname === '/') url.pathname = '/atom';
  return url.toString();
}

export const consoleDatabase = (): Database => database(consoleDsn());
