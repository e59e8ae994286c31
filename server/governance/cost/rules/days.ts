export const dayMs = 86_400_000;
export const dayOf = (at: Date | number): string => new Date(at).toISOString().slice(0, 10);
export const startOf = (day: string): Date => new Date(`${day}T00:00:00.000Z`);
export const today = (now: Date): Date => new Date(Math.floor(now.getTime() / dayMs) * dayMs);
export const daysBefore = (at: Date, days: number): Date => new Date(at.getTime() - days * dayMs);
export const monthOf = (at: Date): string => at.toISOString().slice(0, 7);
export const monthStart = (month: string): Date => new Date(`${month}-01T00:00:00.000Z`);
export const nextMonth = (month: string): Date => {
  const at = monthStart(month);
  at.setUTCMonth(at.getUTCMonth() + 1);
  return at;
};

/** One value for each day from the first to the last that has any; a day without charges in between is a gap. */
export function filled(
  rows: readonly { day: string; cost: number }[],
): { day: string; cost: number | null }[] {
  const first = rows[0]?.day;
  const last = rows.at(-1)?.day;
  if (first === undefined || last === undefined) return [];
  const known = new Map(rows.map(row => [row.day, row.cost]));
  const days: { day: string; cost: number | null }[] = [];
  for (let t = startOf(first).getTime(); t <= startOf(last).getTime(); t += dayMs)
    days.push({ day: dayOf(t), cost: known.get(dayOf(t)) ?? null });
  return days;
}

/** Models want a value everywhere: a gap takes the same weekday's value of the week before, or else the day's before. */
export function withoutGaps(days: readonly { cost: number | null }[]): number[] {
  const values: number[] = [];
  for (const { cost } of days) values.push(cost ?? values.at(-7) ?? values.at(-1) ?? 0);
  return values;
}
