import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#kernel/http/free-port.ts';
import type { Row } from './measure.ts';

const root = join(import.meta.dirname, '..');
const pages = [
  '/',
  '/federation/regions',
  '/federation/tenants',
  '/settings/environment',
  '/jobs',
  '/reports',
];

interface Console {
  child: ChildProcess;
  output: string;
  millis: number;
}

async function start(home: string, port: number): Promise<Console> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'scripts/supervisor/main.ts'],
    {
      cwd: root,
      env: {
        ...process.env,
        NODE_ENV: 'production',
        ATOM_HOME: home,
        ATOM_PORT: String(port),
        ATOM_SERVICE_PORT_OFFSET: String(13_700),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', data => {
      output += data;
      if (output.includes('Ctrl-C stops everything')) resolve();
    });
  child.on('exit', code => reject(new Error(`The console ended with ${code}:\n${output}`)));
  await promise;
  return { child, output, millis: performance.now() - began };
}

async function stop({ child }: Console): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Everything but the installation of packages: client, build, Postgres, migrations, seed; then again with all of it there. */
export async function startAndPages(): Promise<Row[]> {
  const home = mkdtempSync(join(tmpdir(), 'atom-bench-'));
  chmodSync(home, 0o711);
  const port = await freePort();
  rmSync(join(root, '.next'), { recursive: true, force: true });
  rmSync(join(root, 'server/kernel/db/generated/.hash'), { force: true });
  try {
    const cold = await start(home, port);
    await stop(cold);
    const warm = await start(home, port);
    const rows = [
      duration('cold start without installing packages', cold.millis, '<= 180 s'),
      duration('warm start', warm.millis, '<= 10 s'),
      ...(await pageWeights(port, cold.output)),
    ];
    await stop(warm);
    return rows;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const duration = (name: string, ms: number, aim: string): Row => ({
  name,
  ours: ms / 1000,
  limit: Number.NaN,
  unit: 's',
  ratio: Number.NaN,
  aim,
});

async function pageWeights(port: number, output: string): Promise<Row[]> {
  const cookie = await signIn(port, output);
  const rows: Row[] = [];
  for (const page of pages) {
    const html = (await ask(port, page, { cookie })).body.toString();
    const scripts = new Set([...html.matchAll(/<script[^>]+src="([^"]+\.js[^"]*)"/g)].map(m => m[1] ?? ''));
    let bytes = 0;
    for (const script of scripts)
      bytes += (await ask(port, script, { 'accept-encoding': 'gzip' })).body.length;
    rows.push({
      name: `JavaScript of ${page}, gzip, beside an empty page of the framework`,
      ours: bytes / 1024,
      limit: 135,
      unit: 'KB',
      ratio: bytes / 1024 / 135,
      aim: '<= 220 KB',
    });
  }
  return rows;
}

async function signIn(port: number, output: string): Promise<string> {
  const [, name = '', password = ''] = /^start\s+admin +(\S+) +(\S+)$/m.exec(output) ?? [];
  const first = await ask(port, '/api/auth/csrf', {});
  const { csrfToken } = JSON.parse(first.body.toString()) as { csrfToken: string };
  const form = new URLSearchParams({ name, password, csrfToken, json: 'true' }).toString();
  const done = await ask(
    port,
    '/api/auth/callback/credentials',
    {
      cookie: first.cookie,
      origin: `http://localhost:${port}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    form,
  );
  if (!done.cookie.includes('session')) throw new Error('The bench could not sign in.');
  return done.cookie;
}

/** The bytes as they come over the wire: what is compressed stays so. */
function ask(port: number, path: string, headers: Record<string, string>, body?: string) {
  return new Promise<{ body: Buffer; cookie: string }>((resolve, reject) => {
    const outgoing = request(
      { host: 'localhost', port, path, headers, method: body === undefined ? 'GET' : 'POST' },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            body: Buffer.concat(chunks),
            cookie: (response.headers['set-cookie'] ?? []).map(c => c.split(';')[0]).join('; '),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
