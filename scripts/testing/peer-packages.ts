import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface PeerPackage {
  load(): Promise<Record<string, unknown>>;
  remove(): void;
}

/**
 * Installs an emulator of somebody else's service into a folder of its own, pinned: it is no dependency of the console.
 * Null where the registry cannot be reached; the suite then reports it as skipped, by name.
 */
export function installPeer(name: string, version: string): PeerPackage | null {
  const folder = mkdtempSync(join(tmpdir(), 'atom-peer-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const { status } = spawnSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact', `${name}@${version}`],
    { cwd: folder, stdio: 'ignore', timeout: 120_000 },
  );
  if (status !== 0) {
    remove();
    return null;
  }
  // From a file within the folder, so that the package is found beside it and nowhere else.
  const entry = join(folder, 'load.mjs');
  writeFileSync(
    entry,
    `export * from ${JSON.stringify(name)};\nexport { default } from ${JSON.stringify(name)};\n`,
  );
  const esmOnly = join(folder, 'load-named.mjs');
  writeFileSync(esmOnly, `export * from ${JSON.stringify(name)};\n`);
  return {
    load: async () => {
      try {
        return await import(pathToFileURL(entry).href);
      } catch {
        return import(pathToFileURL(esmOnly).href);
      }
    },
    remove,
  };
}
