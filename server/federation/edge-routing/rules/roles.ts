import type { Found } from '../schema.ts';

export interface HeldRow {
  region: string;
  writes: boolean;
  epoch: number;
}

/** Why what a region says does not agree with the role that the console holds it to have; null = it agrees. */
export function against(row: HeldRow, found: Found | null): string | null {
  if (found === null) return 'it has not been asked yet';
  if (!found.answers) return 'it does not answer, so its fence could not be read';
  if (found.leaseEpoch !== null && found.leaseEpoch > row.epoch)
    return `it was given the right to write under epoch ${found.leaseEpoch}, and the console knows of epoch ${row.epoch} only`;
  if (found.fence > row.epoch)
    return `its fence was closed at epoch ${found.fence}, and the console knows of epoch ${row.epoch} only`;
  if (!row.writes && found.holds)
    return `it accepts writes under epoch ${found.leaseEpoch}, and the console does not hold it to be a writer`;
  if (!row.writes && found.leaseEpoch !== null && found.leaseEpoch >= row.epoch)
    return `it was given the right to write under epoch ${found.leaseEpoch}, and the console does not hold it to be a writer`;
  return null;
}

/** Above every epoch that anybody has seen. */
export const nextEpoch = (rows: readonly HeldRow[], found: readonly (Found | null)[]): number =>
  Math.max(0, ...rows.map(row => row.epoch), ...found.flatMap(f => (f ? [f.fence, f.leaseEpoch ?? 0] : []))) +
  1;

/** Regions that streams join, directly or through others: a role of one says something about all of them. */
export function joinedRegions(
  regions: readonly string[],
  pairs: readonly { from: string; to: string }[],
): string[][] {
  const left = new Set(regions);
  const groups: string[][] = [];
  for (const first of regions) {
    if (!left.delete(first)) continue;
    const group = [first];
    for (const one of group)
      for (const { from, to } of pairs)
        for (const other of from === one ? [to] : to === one ? [from] : [])
          if (left.delete(other)) group.push(other);
    groups.push(group);
  }
  return groups;
}
