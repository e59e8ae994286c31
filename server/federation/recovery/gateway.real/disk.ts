import { createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotStore } from '../gateway.ts';

export function diskStore(root: string): SnapshotStore {
  const at = (snapshot: string, file: string) => join(root, snapshot, file);
  return {
    name: `folder ${root}`,
    simulated: false,
    put: async (snapshot, file, from) => {
      await mkdir(join(root, snapshot), { recursive: true, mode: 0o700 });
      const beside = `${at(snapshot, file)}.part`;
      await copyFile(from, beside);
      await rename(beside, at(snapshot, file)); // whole or not at all
    },
    get: async (snapshot, file) => {
      const path = at(snapshot, file);
      return existsSync(path) ? createReadStream(path) : null;
    },
    remove: async snapshot => rm(join(root, snapshot), { recursive: true, force: true }),
  };
}
