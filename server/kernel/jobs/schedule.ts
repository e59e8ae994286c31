import { parseCronItems } from 'graphile-worker';

const minuteMs = 60_000;
const farthestDays = 366;

/** When a schedule comes round next, by the matcher of the worker itself. Null when it does not within a year. */
export function nextRun(schedule: string, after: Date): Date | null {
  const [item] = parseCronItems([{ task: 'next', match: schedule, identifier: 'next' }]);
  if (!item) return null;
  const first = Math.floor(after.getTime() / minuteMs) * minuteMs + minuteMs;
  for (let at = first; at <= first + farthestDays * 86_400_000; at += minuteMs) {
    const t = new Date(at);
    const digest = {
      min: t.getUTCMinutes(),
      hour: t.getUTCHours(),
      date: t.getUTCDate(),
      month: t.getUTCMonth() + 1,
      dow: t.getUTCDay(),
    };
    if (item.match(digest)) return t;
  }
  return null;
}
