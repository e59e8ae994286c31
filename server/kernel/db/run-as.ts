import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Postgres refuses to run as root. As root it runs under the host's `postgres` user (or `nobody`) where that user can
 * reach the paths; a checkout below /root it cannot. Then a user namespace of its own makes root look like nobody to
 * Postgres, while the files stay root's.
 */
export interface RunAs {
  ids?: { uid: number; gid: number };
  command(program: string, args: string[]): [string, ...string[]];
}

const plain = (program: string, args: string[]): [string, ...string[]] => [program, ...args];

export function runAs(paths: readonly string[]): RunAs {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return { command: plain };
  const ids = unprivilegedIds();
  const [dir = ''] = paths;
  const ownedByRoot = existsSync(dir) && statSync(dir).uid === 0; // made inside a namespace before: stay with that
  if (ids && !ownedByRoot && paths.every(passable)) return { ids, command: plain };
  const namespace = ['--user', '--map-user=65534', '--map-group=65534'];
  if (spawnSync('unshare', [...namespace, 'true'], { stdio: 'ignore' }).status === 0)
    return { command: (program, args) => ['unshare', ...namespace, program, ...args] };
  throw new Error(
    `Postgres cannot run as root, and no other user can reach ${dir}. Start as an ordinary user, or put the checkout and ATOM_HOME where every parent folder may be entered by all.`,
  );
}

function unprivilegedIds(): { uid: number; gid: number } | null {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // this host has no such user
    }
  }
  return null;
}

/** Whether everybody may pass through every existing folder above the path. */
function passable(path: string): boolean {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
