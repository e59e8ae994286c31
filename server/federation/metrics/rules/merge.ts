import type { RegionAnswer, SeriesResult } from '../schema.ts';

type Labels = Record<string, string>;

/** The region's name goes onto each series; what a server called `region` itself is kept as Prometheus keeps it. */
export function labelled(labels: Labels, region: string): Labels {
  const { region: own, ...rest } = labels;
  return own === undefined || own === region
    ? { ...rest, region }
    : { ...rest, exported_region: own, region };
}

export interface Data {
  resultType: string;
  result: unknown;
}

/** One region's figures, each under its name: nothing is ever added up over regions. */
export function seriesOf(data: Data, region: string): { type: 'vector' | 'matrix'; series: SeriesResult[] } {
  if (data.resultType === 'scalar' || data.resultType === 'string')
    return { type: 'vector', series: [{ metric: { region }, value: data.result as [number, string] }] };
  const rows = Array.isArray(data.result) ? (data.result as SeriesResult[]) : [];
  return {
    type: data.resultType === 'matrix' ? 'matrix' : 'vector',
    series: rows.map(row => ({ ...row, metric: labelled(row.metric ?? {}, region) })),
  };
}

/** What a server is asked to find out how old its newest sample is. */
export const newestQuery = 'max(timestamp(up))';

/** Older than four scrapes of fifteen seconds: what is shown is not what is. */
export const staleSeconds = 60;

export function warningsOf(answers: readonly RegionAnswer[], now: number): string[] {
  return answers.flatMap(answer => {
    if (answer.state !== 'answered')
      return [`gap: region ${answer.region} ${answer.reason ?? 'did not answer'}`];
    const age = answer.newest === null ? null : Math.round(now - answer.newest);
    if (age === null || age <= staleSeconds) return [];
    return [`stale: the newest sample of region ${answer.region} is ${age} s old`];
  });
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(.+)$/s;
const label = /\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*,?/gy;

/** Several expositions become one: families stay together, and each line says whose it is. */
export function mergeExpositions(texts: readonly { region: string; text: string }[]): string {
  const families = new Map<string, { head: Map<string, string>; lines: string[] }>();
  const family = (name: string) => {
    const known = families.get(name) ?? { head: new Map<string, string>(), lines: [] };
    families.set(name, known);
    return known;
  };
  for (const { region, text } of texts) {
    let current = '';
    for (const raw of text.split('\n')) {
      const comment = /^# (TYPE|HELP) (\S+) ?(.*)$/.exec(raw);
      if (comment) {
        current = comment[2] ?? '';
        const { head } = family(current);
        const kind = comment[1] ?? '';
        if (!head.has(kind)) head.set(kind, raw);
        continue;
      }
      const found = line.exec(raw);
      if (!found) continue;
      const [, name = '', labels = '', rest = ''] = found;
      const owner = current !== '' && name.startsWith(current) ? current : name;
      family(owner).lines.push(`${name}{${relabelled(labels, region)}} ${rest}`);
    }
  }
  return [...families.values()]
    .flatMap(({ head, lines }) => (lines.length === 0 ? [] : [...head.values(), ...lines]))
    .map(text => `${text}\n`)
    .join('');
}

function relabelled(labels: string, region: string): string {
  const found: string[] = [];
  for (const [, name = '', value = ''] of labels.matchAll(label)) {
    if (name !== 'region') found.push(`${name}="${value}"`);
    else if (value !== region) found.push(`exported_region="${value}"`);
  }
  return [...found, `region="${region.replace(/["\\]/g, '\\$&')}"`].join(',');
}
