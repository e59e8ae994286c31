import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { env } from '#kernel/env/env.ts';
import { unwritable } from './errors.ts';

const folder = () => resolve(env().vars.ATOM_REPORTS);
const shown = 1_000_000;
/** A file of the folder or of its `logs`; nothing that leads elsewhere. */
const plain = /^(?:logs\/)?[A-Za-z0-9][\w.-]*\.(?:md|json|txt|log)$/;

export function writeAll(files: ReadonlyMap<string, string>): void {
  try {
    for (const [name, text] of files) {
      const path = join(folder(), name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.part`, text);
      renameSync(`${path}.part`, path);
    }
  } catch (error) {
    throw unwritable(error);
  }
}

export function listFiles() {
  const names = ['', 'logs'].flatMap(sub => {
    const path = join(folder(), sub);
    return existsSync(path) ? readdirSync(path).map(name => (sub ? `${sub}/${name}` : name)) : [];
  });
  return names
    .filter(name => plain.test(name))
    .flatMap(name => {
      const stat = lstatSync(join(folder(), name), { throwIfNoEntry: false });
      if (!stat?.isFile() || name === 'README.md') return [];
      return [{ name, bytes: stat.size, modifiedAt: stat.mtime.toISOString() }];
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Null where there is no such report; a link is none, wherever it leads. */
export function readBytes(name: string): Buffer | null {
  if (!plain.test(name)) return null;
  const path = join(folder(), name);
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : null;
}

export function readText(name: string): { name: string; text: string; cut: boolean } | null {
  const bytes = readBytes(name);
  return bytes && { name, text: bytes.subarray(0, shown).toString(), cut: bytes.length > shown };
}
