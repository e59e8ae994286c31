import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DetectorState, judge } from '#server/governance/risk/rules/detector.ts';
import { publishedDetectors, readCorpus, readResult, type Series } from './corpus.ts';
import {
  type Detected,
  normalised,
  optimise,
  type Profile,
  positions,
  profiles,
  scoreAt,
} from './scoring.ts';

export interface NabRow {
  profile: Profile['name'];
  /** Threshold from the development half. */
  threshold: number;
  development: number;
  /** The other half, at the development half's threshold. */
  heldOut: number;
  whole: number;
  /** As the benchmark does it: the threshold is the best for the whole corpus. */
  official: number;
  published: { detector: string; published: number; reproduced: number }[];
}

/** Every second file of each kind, by name. */
export function developmentHalf(files: readonly Pick<Series, 'file'>[]): boolean[] {
  const seen = new Map<string, number>();
  return files.map(({ file }) => {
    const kind = file.split('/')[0] ?? '';
    const n = seen.get(kind) ?? 0;
    seen.set(kind, n + 1);
    return n % 2 === 0;
  });
}

export function detect(series: Pick<Series, 'timestamps' | 'values'>): Float64Array {
  let state: DetectorState | null = null;
  return series.values.map((value, i) => {
    const at = Date.parse(`${series.timestamps[i]?.replace(' ', 'T')}Z`);
    const judged = judge(state, { at, value });
    state = judged.state;
    return judged.score;
  });
}

const windowsOf = (files: readonly Detected[]) => files.reduce((sum, { at }) => sum + at.windows, 0);
const sumAt = (files: readonly Detected[], threshold: number, profile: Profile) =>
  files.reduce((sum, file) => sum + scoreAt(file, threshold, profile).score, 0);
const part = (files: readonly Detected[], threshold: number, profile: Profile) =>
  normalised(sumAt(files, threshold, profile), windowsOf(files), profile);

type Published = Record<string, Record<Profile['name'], number>>;

export function runNab(folder: string): {
  files: number;
  windows: number;
  rows: NabRow[];
  microseconds: number;
} {
  const corpus = readCorpus(folder);
  const at = corpus.map(positions);
  const inDevelopment = developmentHalf(corpus);
  const started = performance.now();
  const ours = corpus.map(
    (series, i): Detected => ({ at: at[i] ?? positions(series), scores: detect(series) }),
  );
  const points = corpus.reduce((sum, series) => sum + series.values.length, 0);
  const microseconds = ((performance.now() - started) * 1000) / points;
  const final = join(folder, 'results/final_results.json');
  const known: Published = existsSync(final) ? JSON.parse(readFileSync(final, 'utf8')) : {};
  const theirs = publishedDetectors(folder).flatMap(detector => {
    const said = corpus.map(series => readResult(folder, detector, series.file));
    const files = said.flatMap((scores, i): Detected[] => {
      const place = at[i];
      return scores && place ? [{ at: place, scores }] : [];
    });
    return known[detector] && files.length === corpus.length ? [{ detector, files }] : [];
  });
  const rows = profiles.map((profile): NabRow => {
    const development = ours.filter((_, i) => inDevelopment[i]);
    const heldOut = ours.filter((_, i) => !inDevelopment[i]);
    const best = optimise(development, profile);
    return {
      profile: profile.name,
      threshold: best.threshold,
      development: part(development, best.threshold, profile),
      heldOut: part(heldOut, best.threshold, profile),
      whole: part(ours, best.threshold, profile),
      official: normalised(optimise(ours, profile).score, windowsOf(ours), profile),
      published: theirs.map(({ detector, files }) => ({
        detector,
        published: known[detector]?.[profile.name] ?? Number.NaN,
        reproduced: normalised(optimise(files, profile).score, windowsOf(files), profile),
      })),
    };
  });
  return { files: corpus.length, windows: windowsOf(ours), rows, microseconds };
}

/** A figure of ours counts only if the same scorer gives this published detector its published score. */
export const reproduces = (rows: readonly NabRow[], detector: string): boolean => {
  const found = rows.flatMap(row => row.published.filter(one => one.detector === detector));
  return found.length > 0 && found.every(one => Math.abs(one.published - one.reproduced) < 0.001);
};
