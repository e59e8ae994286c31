/** How long a region may write without hearing from the console. */
export const leaseMs = 5_000;
/** What clocks of two machines may run apart while a lease lapses, and what a message may take. */
export const marginMs = 1_000;

/**
 * When an old primary that cannot be reached has certainly stopped: every renewal was asked for by a reading of its own
 * clock taken before it was known that the fence is closed, so none reaches further than a lease after that.
 */
export const lapsedAt = (fencingSince: number): number => fencingSince + leaseMs + marginMs;

/** So long a switch waits for a target that fell silent while the old primary, which answers, may not write. */
export const targetSilenceMs = 30_000;

/** A log position as a number; null for what is none. */
export function position(lsn: string | null): number | null {
  const match = /^([0-9A-F]+)\/([0-9A-F]+)$/i.exec(lsn ?? '');
  return match ? Number.parseInt(match[1] ?? '0', 16) * 2 ** 32 + Number.parseInt(match[2] ?? '0', 16) : null;
}

export const bytesBetween = (behind: string | null, ahead: string | null): number | null => {
  const [a, b] = [position(behind), position(ahead)];
  return a === null || b === null ? null : Math.max(0, b - a);
};
