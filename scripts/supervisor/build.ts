import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CannotStart, say } from './say.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const inNext = (name: string) => join(root, '.next', name);

/** Content decides, not time stamps: a fresh checkout of the same tree needs no build. */
function hashOf(paths: string[]): string {
  const hash = createHash('sha256');
  const visit = (path: string) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      if (/node_modules|generated$|migrations$/.test(path)) return;
      for (const name of readdirSync(full).sort()) visit(join(path, name));
    } else if (!/\.test\.tsx?$/.test(path))
      hash.update(path).update('\0').update(readFileSync(full)).update('\0');
  };
  paths.forEach(visit);
  return hash.digest('hex');
}

const stamped = (file: string, hash: string) => existsSync(file) && readFileSync(file, 'utf8') === hash;

function stamp(file: string, hash: string) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, hash);
}

export async function generateClient(signal?: AbortSignal): Promise<void> {
  const hash = hashOf(['prisma/schema.prisma', 'prisma/models', 'package-lock.json']);
  const file = join(root, 'server/kernel/db/generated/.hash');
  if (stamped(file, hash)) return;
  // Generation is WASM; the engine is asked for but never run, so any existing file will do.
  await step(
    'generating the database client',
    [join(root, 'node_modules/prisma/build/index.js'), 'generate'],
    {
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
    signal,
  );
  stamp(file, hash);
}

export async function buildWeb(signal?: AbortSignal): Promise<void> {
  const hash = hashOf([
    'app',
    'components',
    'public',
    'server',
    'proxy.ts',
    'instrumentation.ts',
    'next.config.js',
    'postcss.config.js',
    'tsconfig.json',
    'package-lock.json',
    'prisma/models',
  ]);
  if (stamped(inNext('atom-hash'), hash) && existsSync(inNext('BUILD_ID'))) return;
  rmSync(inNext('atom-hash'), { force: true }); // a build that is cut short leaves a mixture behind
  await step(
    'building the web console',
    [join(root, 'node_modules/next/dist/bin/next'), 'build'],
    { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
    signal,
  );
  stamp(inNext('atom-hash'), hash);
}

async function step(what: string, args: string[], env: Record<string, string>, signal?: AbortSignal) {
  const started = Date.now();
  say('start', `${what} …`);
  try {
    await run(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 1024 * 1024,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new CannotStart(
      `${what[0]?.toUpperCase()}${what.slice(1)} failed.\n${`${stdout}\n${stderr}`.trim().split('\n').slice(-30).join('\n')}`,
    );
  }
  say('start', `${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
