import { existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '#kernel/clock/clock.ts';
import { dsnFile } from '#kernel/db/dsn-file.ts';
import { env } from '#kernel/env/env.ts';
import {
  type SnapshotStore,
  snapshotStore,
  storeInFolder,
} from '#server/federation/recovery/service/files.ts';
import { readManifest } from '#server/federation/recovery/service/manifest.ts';
import { recoverInto } from '#server/federation/recovery/service/recover.ts';
import { takeLock } from '../supervisor/lock.ts';
import { keepPostgres } from '../supervisor/postgres.ts';
import type { Verb } from './catalogue.ts';

const usage = 'recover --from FOLDER|ID';

export const recoverVerb: Verb = {
  name: 'recover',
  usage,
  summary: 'Rebuild the console on an empty machine from a snapshot',
  run: async words => {
    const from = fromOf(words);
    if (!from) {
      console.error(
        `Name a snapshot: npm run atom -- ${usage}\nAn ID is looked for in the store of the environment. The master secret (ATOM_SECRET, or master.key in ATOM_HOME) must be the one of the lost console.`,
      );
      return 2;
    }
    const { store, id } = placeOf(from);
    await readManifest(store, id); // what cannot be believed starts nothing
    const release = takeLock(env().home);
    const postgres = keepPostgres(message => console.error(message));
    try {
      const { publicDsn } = await postgres.ready;
      const url = env().vars.POSTGRES_DSN ?? env().vars.DATABASE_URL ?? publicDsn;
      const done = await recoverInto(url, store, id, systemClock);
      writeFileSync(dsnFile(), publicDsn, { mode: 0o600 });
      for (const check of done.checks)
        console.log(`${check.passed ? 'OK    ' : 'BROKEN'}  ${check.name}: ${check.found}`);
      console.log(`OK      Regions: ${done.regions.join(', ') || 'none'} may send heartbeats again`);
      if (done.roles.regions.length > 0)
        console.log(
          `ASK     Who may write in ${done.roles.regions.join(', ')} is not known: nobody gets a lease before each region was asked. See Federation, Failover`,
        );
      if (done.halted) {
        console.error(
          `HALTED  A witness saw more of the ledger than came back (${done.halted}). Nothing is signed until somebody begins a new origin: npm run atom -- ledger new-origin`,
        );
      }
      const broken = done.checks.filter(check => !check.passed).length;
      console.log(
        `${done.rows} rows of ${done.takenAt}. ${broken === 0 ? 'Start the console: npm start' : `${broken} checks failed.`}`,
      );
      return broken === 0 ? 0 : 1;
    } finally {
      await postgres.stop();
      release();
    }
  },
};

function fromOf(words: string[]): string | null {
  try {
    return parseArgs({ args: words, options: { from: { type: 'string' } } }).values.from ?? null;
  } catch {
    return null;
  }
}

/** A folder that is there, else an id in the store that the environment names. */
function placeOf(from: string): { store: SnapshotStore; id: string } {
  if (!existsSync(join(from, 'manifest.json'))) return { store: snapshotStore(), id: basename(from) };
  const folder = resolve(from);
  return { store: storeInFolder(dirname(folder)), id: basename(folder) };
}
