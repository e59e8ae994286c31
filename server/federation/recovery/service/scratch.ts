import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapDatabase } from '#kernel/db/bootstrap.ts';
import { startEmbedded, stopOrphan } from '#kernel/db/embedded.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { log } from '#kernel/log/log.ts';

const named = /^atom-drill-(\d+)-/;
const inUse = new Set<string>();
// A process that ends in the middle of a drill takes the copy along; only one that is killed leaves it to the sweep.
process.on('exit', () => {
  for (const folder of inUse) removed(folder);
});

/** A Postgres of its own that is gone afterwards. */
export async function withScratchServer<T>(use: (adminUrl: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `atom-drill-${process.pid}-`));
  inUse.add(folder);
  try {
    chmodSync(folder, 0o711); // Postgres does not run as root, and must reach its folder within
    const server = await startEmbedded({
      dir: join(folder, 'pg'),
      port: freePort,
      password: randomBytes(18).toString('base64url'),
      settings: {
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        shared_buffers: '32MB',
        max_connections: '40',
      },
    });
    try {
      await bootstrapDatabase(server.adminUrl, 'atom');
      const url = new URL(server.adminUrl);
      url.pathname = '/atom';
      return await use(url.toString());
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    inUse.delete(folder);
  }
}

/** Longer than a drill may take: also one of a process that cannot be seen from here has ended by then. */
const leftAfterMs = 60 * 60_000;

/**
 * What a killed worker left: a whole copy of the console in the clear, and the server that serves it. A snapshot is sealed,
 * its restore is not. How many were removed.
 */
export function sweepScratch(now: number): number {
  const left = readdirSync(tmpdir()).filter(name => {
    const pid = named.exec(name)?.[1];
    if (pid === undefined) return false;
    const folder = join(tmpdir(), name);
    const mine = Number(pid) === process.pid;
    const changed = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? now;
    return now - changed > leftAfterMs && (mine ? !inUse.has(folder) : !lives(Number(pid)));
  });
  return left.filter(name => removed(join(tmpdir(), name))).length;
}

/** One that cannot be removed keeps nothing else from being done, and is tried again. */
function removed(folder: string): boolean {
  try {
    stopOrphan(join(folder, 'pg'));
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch (error) {
    log().warn({ event: 'recovery.scratch_left', folder, error });
    return false;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
