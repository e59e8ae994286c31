import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from './say.ts';

/** A process by number and by when it began: numbers come round again. */
export interface ProcessMark {
  pid: number;
  began: string;
}

/** Field 22 of the kernel's line about a process; the name before it may hold spaces and brackets. */
export function beganOf(stat: string): string {
  const [state = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? '' : (rest[18] ?? '');
}

export function markOf(pid: number): ProcessMark {
  if (process.platform !== 'linux') return { pid, began: '' };
  try {
    return { pid, began: beganOf(readFileSync(`/proc/${pid}/stat`, 'utf8')) };
  } catch {
    return { pid, began: '' };
  }
}

/** Whether the very process that was marked is still there. */
export function stillThere({ pid, began }: ProcessMark): boolean {
  if (!(pid > 1)) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || (began !== '' && markOf(pid).began === began);
}

export function readMarks(path: string): ProcessMark[] {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(found) ? found.filter(isMark) : [];
  } catch {
    return []; // absent, or half-written when the machine went down: nothing to act on
  }
}

const isMark = (value: unknown): value is ProcessMark =>
  typeof value === 'object' && value !== null && 'pid' in value && 'began' in value;

/** One supervisor per home. A lock whose process is gone, or is by now something else, does not count. */
export function takeLock(home: string): () => void {
  const path = join(home, 'supervisor.lock');
  const mine = JSON.stringify([markOf(process.pid)]);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, mine, { flag: 'wx' }); // fails where the file exists: two starts at once cannot both pass
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = existsSync(path) ? readMarks(path).find(stillThere) : undefined;
    if (holder) throw running(holder.pid);
    rmSync(path, { force: true });
  }
  throw new CannotStart('Another start took this folder at the same moment. Use that one, or try again.');
}

const running = (pid: number) =>
  new CannotStart(
    `A console is already running on this folder (process ${pid}). Stop it first, or use another ATOM_HOME.`,
  );
