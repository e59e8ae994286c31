import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../measure.ts';
import { reproduces, runNab } from './nab/run.ts';

const floor = 'randomCutForest';

/**
 * The detector beside published ones. The data is not kept here: NAB_DATA names a checkout of the Numenta
 * Anomaly Benchmark (`data`, `labels`, `results`).
 */
export async function nab(rows: Row[]): Promise<void> {
  const folder = process.env.NAB_DATA ?? '';
  if (!existsSync(join(folder, 'labels/combined_windows.json'))) {
    console.log(
      'quality: NAB_DATA names no checkout of the Numenta Anomaly Benchmark; its rows are left out.',
    );
    return;
  }
  const found = runNab(folder);
  if (!reproduces(found.rows, floor))
    throw new Error(`The scorer does not give ${floor} its published score: no figure counts.`);
  for (const row of found.rows) {
    const theirs = row.published.toSorted((a, b) => b.published - a.published);
    const limit = theirs.find(one => one.detector === floor)?.published ?? Number.NaN;
    const made = (name: string, ours: number, aim: string): Row => ({
      name: `NAB ${row.profile}, ${name}`,
      ours,
      limit,
      unit: 'points',
      ratio: ours / limit,
      aim,
    });
    rows.push(
      made(
        'whole corpus, threshold optimised as the benchmark does, beside Random Cut Forest',
        row.official,
        '> 1',
      ),
      made('held-out half at the other half’s threshold', row.heldOut, '> 1'),
      made('development half', row.development, 'stated'),
    );
    console.log(
      `${row.profile}: ${theirs.map(one => `${one.detector} ${one.published.toFixed(2)} (here ${one.reproduced.toFixed(2)})`).join(', ')}`,
    );
  }
  rows.push({
    name: `detector, one point, over ${found.files} NAB files`,
    ours: found.microseconds,
    limit: Number.NaN,
    unit: 'µs',
    ratio: Number.NaN,
    aim: 'stated',
  });
}
