// Some registries do not carry every platform's build of an optional package; npm then leaves it out of the lock file, and
// `npm ci` refuses the lock. This adds the missing entries with their platform, so that other platforms still find them.
import { readFileSync, writeFileSync } from 'node:fs';

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'windows',
  'win',
];
const cpus = [
  'arm64',
  'x64',
  'ia32',
  'arm',
  'armv7l',
  'ppc64',
  'ppc64le',
  'ppc',
  'riscv64',
  's390x',
  'loong64',
  'mips64el',
  'mips64',
  'mipsel',
  'wasm32',
  'universal',
];
const alias = { windows: 'win32', win: 'win32', armv7l: 'arm' };

const path = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(path, 'utf8'));
const added = [];

for (const [at, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, spec] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = at ? `${at}/node_modules/${name}` : `node_modules/${name}`;
    const top = `node_modules/${name}`;
    const words = name.split(/[-/]/);
    const os = words.find(word => systems.includes(word));
    const cpu = words.find(word => cpus.includes(word));
    const version = /\d+\.\d+\.\d+[\w.-]*/.exec(spec)?.[0];
    if ((!os && !cpu) || !version) continue;
    if (lock.packages[nested]?.version === version || lock.packages[top]?.version === version) continue;
    const libc = words.some(word => word.startsWith('musl'))
      ? 'musl'
      : words.some(word => word.startsWith('gnu'))
        ? 'glibc'
        : null;
    lock.packages[lock.packages[top] ? nested : top] = {
      version,
      ...(cpu && cpu !== 'universal' ? { cpu: [alias[cpu] ?? cpu] } : {}),
      ...(entry.dev ? { dev: true } : {}),
      ...(libc && os === 'linux' ? { libc: [libc] } : {}),
      optional: true,
      ...(os ? { os: [alias[os] ?? os] } : {}),
    };
    added.push(name);
  }
}

lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'The lock file is complete.' : `Added ${added.length}: ${added.join(', ')}`);
