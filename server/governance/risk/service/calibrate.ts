import { env } from '#kernel/env/env.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { plainEvent } from '../events.ts';
import { labelledOutcomes } from '../gateway.simulated.ts';
import { brier, calibrationError, isotonic, probabilityOf, reliability } from '../rules/calibrate.ts';
import { featureNames, fitEnsemble, type Labelled, rawScore } from '../rules/ensemble.ts';
import type { CalibrationView } from '../schema/calibration.ts';
import {
  insertCalibration,
  type StoredCalibration,
  selectActiveCalibration,
  selectCalibrations,
} from '../store/calibrations.ts';
import { rulesInForce } from './current.ts';

/** Worlds that weigh the features, worlds that make probabilities of the sum, and worlds that neither has seen. */
const worlds = {
  weigh: [101, 102, 103, 104],
  fit: [201, 202, 203, 204],
  judge: [301, 302, 303, 304],
} as const;
const renewAfterMs = 24 * 3_600_000;

export type Outcomes = (seed: number) => Promise<Labelled[]>;

/** Pure arithmetic once the outcomes are there. */
export function calibrationOf(
  parts: { weigh: readonly Labelled[]; fit: readonly Labelled[]; judge: readonly Labelled[] },
  made: { id: string; at: string; source: string },
): StoredCalibration {
  const weights = fitEnsemble(parts.weigh);
  const scored = (samples: readonly Labelled[]) =>
    samples.map(({ features, outcome }) => ({ score: rawScore(weights, features), outcome }));
  const knots = isotonic(scored(parts.fit));
  const judged = scored(parts.judge).map(({ score, outcome }) => ({
    probability: probabilityOf(knots, score),
    outcome,
  }));
  const rate = judged.filter(one => one.outcome).length / Math.max(1, judged.length);
  const bins = reliability(judged);
  return {
    ...made,
    weights,
    knots,
    report: { bins, error: calibrationError(bins), rate },
    fitted: parts.weigh.length + parts.fit.length,
    judged: judged.length,
    brier: brier(judged),
    baseline: rate * (1 - rate),
    active: true,
  };
}

/** Once a day, and when there is none: only faults that were put into a simulated world are known exactly. */
export async function calibrate(
  ctx: CommandContext,
  signal?: AbortSignal,
  seeds: { weigh: readonly number[]; fit: readonly number[]; judge: readonly number[] } = worlds,
): Promise<StoredCalibration | null> {
  if (!env().simulation) return null;
  const rules = await rulesInForce(ctx);
  const gather = async (some: readonly number[]) => {
    const all: Labelled[] = [];
    for (const seed of some) all.push(...(await labelledOutcomes(seed, rules, signal)));
    return all;
  };
  const parts = {
    weigh: await gather(seeds.weigh),
    fit: await gather(seeds.fit),
    judge: await gather(seeds.judge),
  };
  if (signal?.aborted || parts.judge.length === 0) return null;
  const now = ctx.clock.now();
  const made = calibrationOf(parts, {
    id: uuidv7(now.getTime()),
    at: now.toISOString(),
    source: 'simulated world',
  });
  await ctx.commit(
    plainEvent('risk.calibrated', {
      brier: made.brier.toFixed(4),
      baseline: made.baseline.toFixed(4),
      judged: made.judged,
      source: made.source,
    }),
    tx => insertCalibration(tx, made),
  );
  return made;
}

export async function calibrateIfDue(ctx: CommandContext, signal: AbortSignal): Promise<void> {
  const known = await selectActiveCalibration(ctx.db);
  if (known && ctx.clock.now().getTime() - Date.parse(known.at) < renewAfterMs) return;
  await calibrate(ctx, signal);
}

export async function readCalibration(ctx: ReadContext): Promise<CalibrationView> {
  const rows = await selectCalibrations(ctx.db);
  const current = rows.find(row => row.active);
  return {
    current: current
      ? {
          id: current.id,
          at: current.at,
          source: current.source,
          fitted: current.fitted,
          judged: current.judged,
          brier: current.brier,
          baseline: current.baseline,
          ...current.report,
          weights: featureNames.map((feature, i) => ({ feature, weight: current.weights.weights[i] ?? 0 })),
        }
      : null,
    earlier: rows
      .filter(row => !row.active)
      .map(({ id, at, source, judged, brier: score, baseline }) => ({
        id,
        at,
        source,
        judged,
        brier: score,
        baseline,
      })),
  };
}
