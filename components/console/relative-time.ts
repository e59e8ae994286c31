const steps: [limit: number, seconds: number, unit: string][] = [
  [60, 1, 's'],
  [3600, 60, 'min'],
  [86_400, 3600, 'h'],
  [30 * 86_400, 86_400, 'd'],
  [365 * 86_400, 30 * 86_400, 'mo'],
  [Number.POSITIVE_INFINITY, 365 * 86_400, 'y'],
];

/** "just now", "41 s ago", "in 9 min": short, with a unit, never rounded up into the future. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.floor(Math.abs(now - at) / 1000);
  if (seconds < 2) return 'just now';
  const [, per, unit] = steps.find(([limit]) => seconds < limit) ?? [0, 1, 's'];
  const amount = `${Math.floor(seconds / per)} ${unit}`;
  return at > now ? `in ${amount}` : `${amount} ago`;
}
