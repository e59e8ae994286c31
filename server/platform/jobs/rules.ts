export interface MinuteCount {
  at: string;
  value: number | null;
}

/** A minute without a row had no run. Before the first known minute nobody was counting: a gap, not a zero. */
export function perMinute(
  rows: readonly { minute: string; runs: number }[],
  now: Date,
  minutes = 60,
): MinuteCount[] {
  const known = new Map(rows.map(row => [Date.parse(row.minute), row.runs]));
  const first = Math.min(...known.keys());
  const last = Math.floor(now.getTime() / 60_000) * 60_000;
  return Array.from({ length: minutes }, (_, i) => {
    const at = last - (minutes - 1 - i) * 60_000;
    return { at: new Date(at).toISOString(), value: at < first ? null : (known.get(at) ?? 0) };
  });
}
