import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Labelled } from './scoring.ts';

export interface Series extends Labelled {
  values: Float64Array;
}

const plain = (timestamp: string) => timestamp.slice(0, 19);

/** The corpus as it is published: `data/<kind>/<file>.csv` and `labels/combined_windows.json`. */
export function readCorpus(folder: string): Series[] {
  const windows = JSON.parse(readFileSync(join(folder, 'labels/combined_windows.json'), 'utf8')) as Record<
    string,
    [string, string][]
  >;
  return Object.keys(windows)
    .sort()
    .map(file => {
      const rows = readRows(join(folder, 'data', file));
      return {
        file,
        timestamps: rows.map(([at = '']) => plain(at)),
        values: Float64Array.from(rows, ([, value]) => Number(value)),
        windows: (windows[file] ?? []).map(([from, to]) => [plain(from), plain(to)] as const),
      };
    });
}

/** What a detector that is published with the corpus said of one file. */
export function readResult(folder: string, detector: string, file: string): Float64Array | null {
  const [kind = '', name = ''] = file.split('/');
  const path = join(folder, 'results', detector, kind, `${detector}_${name}`);
  if (!existsSync(path)) return null;
  const [header = '', ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  const column = header.split(',').indexOf('anomaly_score');
  return Float64Array.from(lines, line => Number(line.split(',')[column]));
}

export const publishedDetectors = (folder: string): string[] => {
  const path = join(folder, 'results');
  return existsSync(path)
    ? readdirSync(path, { withFileTypes: true })
        .filter(entry => entry.isDirectory())
        .map(entry => entry.name)
    : [];
};

function readRows(path: string): string[][] {
  return readFileSync(path, 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map(line => line.split(','));
}
