import type { DrillRow, RecoveryStatus, SnapshotRow } from '#server/federation/recovery/schema.ts';

/** Why a snapshot's last restore failed, by the first check that did; null where it passed or none was tried. */
export function failureOf(drill: Pick<DrillRow, 'passed' | 'checks'> | undefined): string | null {
  if (!drill || drill.passed) return null;
  const first = drill.checks.find(check => !check.passed);
  return first ? `${first.name}: ${first.found}` : 'it ended without a check';
}

/** What a complete snapshot is worth. Newest drill first. */
export function worthOf(
  row: Pick<SnapshotRow, 'provenAt'>,
  drill: Pick<DrillRow, 'passed' | 'checks'> | undefined,
): { tone: 'ok' | 'watch' | 'bad'; word: string } {
  if (failureOf(drill) !== null) return { tone: 'bad', word: 'failed its drill' };
  return row.provenAt ? { tone: 'ok', word: 'proven' } : { tone: 'watch', word: 'unproven' };
}

/** The newest restore, where it failed and nothing was proved since. */
export function newerFailure(
  drills: readonly DrillRow[],
  proven: RecoveryStatus['proven'],
): { at: string; snapshotId: string; why: string } | null {
  const [newest] = drills;
  const why = failureOf(newest);
  if (!newest || why === null) return null;
  if (proven && Date.parse(proven.at) > Date.parse(newest.startedAt)) return null;
  return { at: newest.startedAt, snapshotId: newest.snapshotId, why };
}
