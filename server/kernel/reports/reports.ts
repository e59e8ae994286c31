import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { env } from '../env/env.ts';
import { log } from '../log/log.ts';

/** Writes a generated report, or takes it away. A folder that cannot be written is told and does not undo the work. */
export function writeReport(name: string, text: string | null): void {
  const path = join(resolve(env().vars.ATOM_REPORTS), name);
  try {
    if (text === null) {
      rmSync(path, { force: true });
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    log().error({ event: 'reports.unwritten', name, error });
  }
}
