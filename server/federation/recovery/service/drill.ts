import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import type { DsseEnvelope } from '#kernel/signing/dsse.ts';
import { activeSigners } from '#kernel/signing/signer.ts';
import { signStatement } from '#kernel/signing/statement.ts';
import { SnapshotRefused } from '../errors.ts';
import type { SnapshotStore } from '../gateway.ts';
import { type Check, drillPredicate } from '../schema.ts';
import { proveRestored } from '../store/prove.ts';
import { fetchFiles, restoreInto, withFiles } from '../store/restore.ts';
import { manifestFile, readManifest } from './manifest.ts';
import { withScratchServer } from './scratch.ts';

export interface Drilled {
  passed: boolean;
  durationMs: number;
  checks: Check[];
  /** Signed by both keys, over the manifest that was restored. */
  report: DsseEnvelope;
}

/**
 * A restore for the proof of it: into a Postgres server of its own that is gone afterwards, so that nothing that runs is
 * touched, and nothing that runs is needed. The time measured is what an empty machine would need.
 */
export async function drill(
  from: { database: Database; clock: Clock },
  store: SnapshotStore,
  id: string,
): Promise<Drilled> {
  const began = performance.now();
  const { checks, manifestBytes } = await restoreAndLook(store, id);
  const durationMs = Math.round(performance.now() - began);
  const passed = checks.every(check => check.passed);
  const signers = await activeSigners(from.database, from.clock);
  const report = await signStatement(
    signers,
    [{ name: manifestFile, content: manifestBytes }],
    drillPredicate,
    {
      snapshot: id,
      at: from.clock.now().toISOString(),
      passed,
      durationMs,
      checks,
    },
  );
  return { passed, durationMs, checks, report };
}

async function restoreAndLook(
  store: SnapshotStore,
  id: string,
): Promise<{ checks: Check[]; manifestBytes: Buffer }> {
  let manifestBytes = Buffer.from(id);
  try {
    const read = await readManifest(store, id);
    manifestBytes = Buffer.from(read.bytes);
    const checks = await withFiles(id, async folder => {
      await fetchFiles(store, read.manifest, folder);
      return withScratchServer(async adminUrl => {
        await restoreInto(adminUrl, read.manifest, folder);
        return proveRestored(adminUrl, read.manifest);
      });
    });
    return {
      checks: [
        {
          name: 'Signature and files',
          passed: true,
          found: `${read.manifest.tables.length} files as they were signed`,
        },
        ...checks,
      ],
      manifestBytes,
    };
  } catch (error) {
    const refused = error instanceof SnapshotRefused;
    const found = (error as Error).message;
    return {
      checks: [{ name: refused ? 'Signature and files' : 'Restore', passed: false, found }],
      manifestBytes,
    };
  }
}
