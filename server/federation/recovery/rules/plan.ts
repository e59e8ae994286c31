import type { DrillRow, Objective, RecoveryStatus, SnapshotRow } from '../schema.ts';

/** Until somebody says otherwise. */
export const usualObjectives: readonly Objective[] = [
  { tier: 'critical', rpoSeconds: 3_600, rtoSeconds: 300, provenHours: 12 },
  { tier: 'premium', rpoSeconds: 2 * 3_600, rtoSeconds: 600, provenHours: 24 },
  { tier: 'standard', rpoSeconds: 6 * 3_600, rtoSeconds: 1_800, provenHours: 48 },
  { tier: 'free', rpoSeconds: 24 * 3_600, rtoSeconds: 3_600, provenHours: 168 },
];

const hour = 3_600_000;

/** Half of the strictest objective, so that one that fails is noticed before the objective is missed. */
export const everyMs = (objectives: readonly Objective[]) => ({
  snapshot: Math.max(5 * 60_000, Math.min(...objectives.map(o => o.rpoSeconds * 1000)) / 2),
  drill: Math.max(hour, (Math.min(...objectives.map(o => o.provenHours)) * hour) / 2),
});

type Taken = Pick<SnapshotRow, 'id' | 'state' | 'startedAt' | 'provenAt'>;

/** What is due now: a snapshot, and a restore of the newest complete one. */
export function dueNow(
  snapshots: readonly Taken[],
  lastDrillAt: number | null,
  objectives: readonly Objective[],
  now: number,
): { snapshot: boolean; drill: string | null } {
  const every = everyMs(objectives);
  const begun = snapshots
    .filter(s => s.state !== 'failed' && s.state !== 'forgotten')
    .map(s => Date.parse(s.startedAt));
  const newest = snapshots.find(s => s.state === 'complete');
  const drillDue = lastDrillAt === null || now - lastDrillAt >= every.drill;
  return {
    snapshot: begun.length === 0 || now - Math.max(...begun) >= every.snapshot,
    drill: newest && drillDue ? newest.id : null,
  };
}

/** What could not be restored when it was tried last is no copy; newest drill first. */
export const failedLast = (drills: readonly Pick<DrillRow, 'snapshotId' | 'passed'>[], id: string): boolean =>
  drills.find(drill => drill.snapshotId === id)?.passed === false;

/** Longer than both tries of the job may take: nobody is at it any more who could say how it ended. */
export const abandonedAfterMs = 70 * 60_000;

const keptRecent = 24;
const keptDays = 14;

/** Goes: everything but the newest, one for each of the last days, and the newest that was proven. */
export function toForget(snapshots: readonly Taken[], now: number): string[] {
  const complete = snapshots
    .filter(s => s.state === 'complete')
    .toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
  const keep = new Set(complete.slice(0, keptRecent).map(s => s.id));
  const days = new Set<string>();
  for (const s of complete) {
    const day = new Date(Date.parse(s.startedAt)).toISOString().slice(0, 10);
    if (days.has(day) || now - Date.parse(s.startedAt) > keptDays * 24 * hour) continue;
    days.add(day);
    keep.add(s.id);
  }
  const proven = complete.find(s => s.provenAt !== null);
  if (proven) keep.add(proven.id);
  return complete.filter(s => !keep.has(s.id)).map(s => s.id);
}

const span = (seconds: number): string =>
  seconds < 120
    ? `${Math.round(seconds)} s`
    : seconds < 7_200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3_600)} h`;

/** Each promise against what was measured; what is not known is not met. */
export function judge(
  objective: Objective,
  newest: SnapshotRow | null,
  drill: DrillRow | null,
  now: number,
): RecoveryStatus['objectives'][number] {
  const age = newest ? (now - Date.parse(newest.startedAt)) / 1000 : null;
  const took = drill ? drill.durationMs / 1000 : null;
  const proven = drill ? (now - Date.parse(drill.startedAt)) / 1000 : null;
  return {
    ...objective,
    rpo: {
      met: age !== null && age <= objective.rpoSeconds,
      said:
        age === null
          ? 'No snapshot was taken yet'
          : `The newest snapshot is ${span(age)} old, of ${span(objective.rpoSeconds)}`,
    },
    rto: {
      met: took !== null && took <= objective.rtoSeconds,
      said:
        took === null
          ? 'Nothing was restored yet'
          : `The last proven restore took ${span(took)}, of ${span(objective.rtoSeconds)}`,
    },
    proof: {
      met: proven !== null && proven <= objective.provenHours * 3_600,
      said:
        proven === null
          ? 'Unproven: no snapshot was ever restored'
          : `Proven ${span(proven)} ago, of ${objective.provenHours} h`,
    },
  };
}
