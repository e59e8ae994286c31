import { at, type Fit, type Model, mean, type Season } from './model.ts';
import { ridge } from './solve.ts';

const dayMs = 86_400_000;

/**
 * Regression on a line and on what the calendar says (weekday, hour, the first and the last day of a month), with an
 * error that dies away. Effects are held back by a penalty, so that five weeks do not prove a month's end.
 */
function featuresOf(season: Season, length: number) {
  const { calendar, periods } = season;
  const hourly = calendar !== undefined && calendar.stepMs < dayMs;
  return (t: number): number[] => {
    const features = [1, t / Math.max(1, length) - 0.5];
    if (!calendar) {
      for (const period of periods.filter(p => p <= 200))
        for (let place = 0; place < period; place++) features.push(t % period === place ? 1 : 0);
      return features;
    }
    const day = new Date(calendar.start + t * calendar.stepMs);
    const weekday = day.getUTCDay();
    for (let d = 0; d < 7; d++) features.push(weekday === d ? 1 : 0);
    features.push(day.getUTCDate() === 1 ? 1 : 0);
    features.push(new Date(day.getTime() + dayMs).getUTCDate() === 1 ? 1 : 0);
    if (hourly) {
      const weekend = weekday === 0 || weekday === 6 ? 24 : 0;
      for (let h = 0; h < 48; h++) features.push(day.getUTCHours() + weekend === h ? 1 : 0);
    }
    return features;
  };
}

export function fitCalendar(history: readonly number[], season: Season): Fit | null {
  const n = history.length;
  if (n < 14) return null;
  const features = featuresOf(season, n);
  const logs = history.every(y => y > 0);
  const values = logs ? history.map(Math.log) : [...history];
  const centre = mean(values);
  const size = Math.sqrt(mean(values.map(v => (v - centre) ** 2))) || 1;
  const z = values.map(v => (v - centre) / size);
  const rows = z.map((_, t) => features(t));
  const penalties = rows[0]?.map((_, i) => (i === 0 ? 0 : 0.5)) ?? [];
  // What is recent says more: weights halve over two thirds of the history.
  const weights = z.map((_, t) => 0.5 ** ((n - t) / (n / 1.5)));
  const found = ridge(rows, z, penalties, weights);
  if (!found) return null;
  const dot = (row: readonly number[]) => row.reduce((sum, f, i) => sum + f * at(found, i), 0);
  const residuals = z.map((value, t) => value - dot(rows[t] ?? []));
  const carried = residuals.slice(1).reduce((sum, r, i) => sum + r * at(residuals, i), 0);
  const own = residuals.slice(0, -1).reduce((sum, r) => sum + r * r, 0);
  const rho = own > 0 ? Math.min(0.98, Math.max(0, carried / own)) : 0;
  const back = (value: number) => (logs ? Math.exp(value * size + centre) : value * size + centre);
  const final = at(residuals, n - 1);
  const slope = at(found, 1) / n;
  return {
    fitted: z.map((_, t) => back(dot(rows[t] ?? []) + (t > 0 ? rho * at(residuals, t - 1) : 0))),
    forecast: horizon =>
      Array.from({ length: horizon }, (_, h) => {
        // A line that was seen over weeks is not drawn on for a year: it flattens out.
        const steps = h + 1;
        const flattened = slope * (n * (1 - Math.exp(-steps / n)) - steps);
        return back(dot(features(n + h)) + flattened + rho ** steps * final);
      }),
  };
}

export const calendarModel: Model = { name: 'calendar', fit: fitCalendar };
