import type { Clock } from '#kernel/clock/clock.ts';
import { type Database, openDatabase } from '#kernel/db/database.ts';
import { haltedBy } from '#kernel/ledger/findings.ts';
import { createSequencer } from '#kernel/ledger/sequencer.ts';
import { compareWithWitnesses, type WitnessDeps } from '#kernel/ledger/witness-submit.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { readoptRegions } from '#server/federation/regions/service.ts';
import { publishAnew } from '#server/federation/trust/service.ts';
import { recoveryEvent } from '../events.ts';
import type { SnapshotStore } from '../gateway.ts';
import type { Check } from '../schema.ts';
import { proveRestored } from '../store/prove.ts';
import { fetchFiles, restoreInto, withFiles } from '../store/restore.ts';
import { doubtRoles } from '../store.ts';
import { readManifest } from './manifest.ts';

type Doubted = Awaited<ReturnType<typeof doubtRoles>>;

export interface Recovered {
  checks: Check[];
  regions: string[];
  /** Who may write there is asked again, and these failovers and moves were ended. */
  roles: Doubted;
  /** Why the ledger signs nothing under its present name; null = it may. */
  halted: string | null;
  takenAt: string;
  rows: number;
}

/**
 * Rebuilds the console in an empty database: checks the snapshot whole, restores it, proves it, asks the witnesses whether
 * they saw more than came back, and takes the regions up again, which were there all along.
 */
export async function recoverInto(
  url: string,
  store: SnapshotStore,
  id: string,
  clock: Clock,
  fetch?: WitnessDeps['fetch'],
): Promise<Recovered> {
  const { manifest } = await readManifest(store, id);
  const checks = await withFiles(id, async folder => {
    await fetchFiles(store, manifest, folder);
    await restoreInto(url, manifest, folder);
    return proveRestored(url, manifest);
  });
  const database = openDatabase(url);
  try {
    await settle(database, clock);
    await compareWithWitnesses({ database, clock, ...(fetch ? { fetch } : {}) });
    const halted = await haltedBy(database.pool('atom_owner'));
    const ctx = systemContext('recovery', database, clock);
    await publishAnew({ database, clock });
    const regions = await readoptRegions(ctx, id);
    const roles = await ctx.commit(
      (doubted: Doubted) =>
        recoveryEvent('recovery.completed', id, {
          takenAt: manifest.takenAt,
          checks: checks.length,
          failed: checks.filter(check => !check.passed).map(check => check.name),
          halted: halted ?? null,
          rolesAsked: doubted.regions,
          failoversEnded: doubted.runs,
          movesEnded: doubted.moves,
        }),
      async tx => {
        // A copy that was under way when this one was taken never ended.
        await tx.recoverySnapshot.updateMany({
          where: { state: { in: ['waiting', 'taking'] } },
          data: { state: 'failed', error: 'The console was rebuilt from another snapshot.' },
        });
        // The store of this machine may hold none of the copies that were proven on the lost one.
        await tx.recoverySnapshot.updateMany({
          where: { provenAt: { not: null } },
          data: { provenAt: null },
        });
        return doubtRoles(
          tx,
          clock.now(),
          `Interrupted: the console was rebuilt from the snapshot ${id}, and who may write is asked again.`,
        );
      },
    );
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    return { checks, regions, roles, halted, takenAt: manifest.takenAt, rows };
  } finally {
    await database.close();
  }
}

/** Entries that were promised and not placed yet when the copy was taken get their place now. */
async function settle(database: Database, clock: Clock): Promise<void> {
  const sequencer = createSequencer(
    database.pool('atom_owner'),
    () => clock.now(),
    () => {},
  );
  while (((await sequencer.step()) ?? 0) > 0);
}
