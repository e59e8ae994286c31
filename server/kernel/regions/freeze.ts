import { readdirSync, readFileSync } from 'node:fs';

/**
 * Makes every process of a server on this machine stand still, or go on: what a region looks like from outside when its
 * host hangs. Postgres' own processes each lead a group, so the tree is walked by parents.
 */
export function freezeTree(root: number, frozen: boolean): void {
  for (const pid of tree(root))
    try {
      process.kill(pid, frozen ? 'SIGSTOP' : 'SIGCONT');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
}

function tree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter(name => /^\d+$/.test(name)))
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // ended meanwhile
    }
  const found = root > 1 && parents.has(root) ? [root] : [];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}
