import { accessSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { redactText } from '#kernel/redact/redact.ts';
import { systems } from '#server/systems.ts';
import { CannotStart } from './say.ts';

export function requireWritable(home: string): void {
  try {
    makeFolder(home);
    accessSync(home, constants.W_OK);
    const probe = join(home, '.probe');
    writeFileSync(probe, '');
    rmSync(probe);
  } catch {
    throw new CannotStart(
      `The folder ${home} cannot be written. Make it writable, or name another one in ATOM_HOME.`,
    );
  }
}

/** One folder at a time: Node's recursive way goes round for ever on file systems that refuse new folders (/proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o711 });
}

export function portFree(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

export async function requirePort(host: string, port: number, what: string, variable: string): Promise<void> {
  // A process of ours that was just ended may hold its port for a moment longer.
  for (let i = 0; i < 10; i++) {
    if (await portFree(host, port)) return;
    await new Promise(resolve => setTimeout(resolve, 150));
  }
  throw new CannotStart(
    `Port ${port} for ${what} is in use. Stop what holds it, or choose another one with ${variable}.`,
  );
}

/** The ports of the systems that are there: the worker would otherwise find a busy one late, and start over and over. */
export const servicePorts = (): { port: number; title: string }[] =>
  systems.flatMap(({ area, slug, port, title }) =>
    port !== undefined && existsSync(join(import.meta.dirname, '../../server', area, slug, 'router.ts'))
      ? [{ port, title }]
      : [],
  );

export async function requirePostgres(dsn: string): Promise<void> {
  if (!/^postgres(ql)?:\/\//.test(dsn) || !URL.canParse(dsn))
    throw new CannotStart(
      'POSTGRES_DSN is no address of a Postgres: postgresql://USER:PASSWORD@HOST:PORT/DATABASE.',
    );
  const client = new pg.Client({ connectionString: dsn, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    const { rows } = await client.query(
      'select rolcreaterole or rolsuper as may, current_setting($1)::int as version from pg_roles where rolname = current_user',
      ['server_version_num'],
    );
    if (!rows[0]?.may)
      throw new CannotStart(
        'The user of POSTGRES_DSN may not create roles. Grant it CREATEROLE and CREATEDB, or name another user.',
      );
    if (rows[0].version < 150000)
      throw new CannotStart('POSTGRES_DSN names a Postgres older than 15. Use 15 or newer.');
  } catch (error) {
    if (error instanceof CannotStart) throw error;
    const at = new URL(dsn).host;
    throw new CannotStart(
      `POSTGRES_DSN cannot be reached at ${at}: ${redactText(error instanceof Error ? error.message : String(error))}.`,
    );
  } finally {
    await client.end().catch(() => {});
  }
}

/** A server that listens does not yet answer. */
export async function answers(host: string, port: number, path: string): Promise<void> {
  const at = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host);
  const until = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`http://${at}:${port}${path}`, { signal: AbortSignal.timeout(5000) }).catch(
      () => null,
    );
    if (answer?.ok) return;
    if (Date.now() > until)
      throw new CannotStart(
        `The console does not answer at ${at}:${port}${path}. Its lines above may say why.`,
      );
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
