import type { QueryAnswer } from '#server/federation/metrics/schema.ts';

export interface Drawn {
  id: string;
  region: string;
  /** What tells it apart from the others. */
  label: string;
  latest: string | null;
}

export interface Table {
  series: Drawn[];
  /** One row for each step, also for steps at which nobody answered: a gap is drawn as a gap. */
  rows: Record<string, number | string | null>[];
}

/** More lines than this nobody tells apart; the table below names them all. */
export const mostLines = 24;

export function tableOf(answer: QueryAnswer, start: number, end: number, step: number): Table {
  const times: number[] = [];
  for (let t = start; t <= end + step / 1000; t += step) times.push(t);
  const place = (t: number) => Math.round((t - start) / step);
  const rows: Table['rows'] = times.map(t => ({ at: new Date(t * 1000).toISOString() }));
  const series = answer.result.map((one, i): Drawn => {
    const id = `s${i}`;
    if (i < mostLines) {
      for (const row of rows) row[id] = null;
      for (const [t, value] of one.values ?? []) {
        const row = rows[place(t)];
        const number = Number(value);
        if (row && Number.isFinite(number)) row[id] = number;
      }
    }
    const { __name__: name = '', region = '', ...labels } = one.metric;
    const said = Object.entries(labels)
      .filter(([key]) => key !== 'simulated')
      .map(([key, value]) => `${key}="${value}"`);
    const latest = one.values?.at(-1)?.[1] ?? one.value?.[1] ?? null;
    return {
      id,
      region,
      label: `${name}${said.length > 0 ? `{${said.join(', ')}}` : ''}` || 'value',
      latest,
    };
  });
  return { series, rows };
}

/** As many digits as say something; what is no number stays as it came. */
export function figure(value: unknown): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return String(value);
  if (Number.isInteger(number)) return number.toLocaleString('en');
  // Of fractions every digit is said, also a zero: they stand under one another.
  return number.toLocaleString(
    'en',
    Math.abs(number) < 1000
      ? { minimumSignificantDigits: 5, maximumSignificantDigits: 5 }
      : { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  );
}
