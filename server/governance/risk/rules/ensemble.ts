import type { Firing } from './evaluate.ts';
import { type Facts, rank, signalFreshMs } from './facts.ts';
import { combined } from './score.ts';

/** What the ensemble looks at, each from 0 to 1. */
export const featureNames = ['rules', 'anomaly', 'breadth', 'rarity', 'severity'] as const;
export type Features = readonly number[];

/** Pure: the features of one service, or of those facts that belong to no service. */
export function featuresOf(facts: Facts, firings: readonly Firing[], service: string | null): Features {
  const signals = facts.signals
    .filter(signal => signal.service === service && facts.now - signal.at <= signalFreshMs)
    .map(signal => signal.score)
    .toSorted((a, b) => b - a);
  const events = facts.events.filter(
    event => event.service === service && facts.now - event.at <= 15 * 60_000,
  );
  const byRules = firings.filter(f => f.service === service && f.rule.definition.when.kind !== 'anomaly');
  return [
    combined(byRules.map(firing => firing.weight)) / 100,
    signals[0] ?? 0,
    signals.length > 0 ? signals.reduce((sum, score) => sum + score, 0) / signals.length : 0,
    Math.max(
      0,
      ...events.map(event => (event.templateId && facts.templates.get(event.templateId)?.rarity) || 0),
    ),
    Math.max(0, ...events.map(event => rank(event.severity) / 5)),
  ];
}

export interface Ensemble {
  bias: number;
  weights: readonly number[];
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
export const rawScore = (ensemble: Ensemble, features: Features): number =>
  logistic(features.reduce((sum, value, i) => sum + value * (ensemble.weights[i] ?? 0), ensemble.bias));

export interface Labelled {
  features: Features;
  /** Whether something was really wrong. */
  outcome: boolean;
}

/** Logistic regression by gradient descent with a little ridge; rare outcomes count as they are, so that it stays honest. */
export function fitEnsemble(samples: readonly Labelled[], rounds = 400): Ensemble {
  const size = featureNames.length;
  let bias = 0;
  const weights = new Array<number>(size).fill(0);
  const rate = 2;
  for (let round = 0; round < rounds; round++) {
    let biasStep = 0;
    const step = new Array<number>(size).fill(0);
    for (const { features, outcome } of samples) {
      const error = rawScore({ bias, weights }, features) - (outcome ? 1 : 0);
      biasStep += error;
      for (let i = 0; i < size; i++) step[i] = (step[i] ?? 0) + error * (features[i] ?? 0);
    }
    const n = Math.max(1, samples.length);
    bias -= (rate * biasStep) / n;
    for (let i = 0; i < size; i++) {
      const before = weights[i] ?? 0;
      // What says that something is wrong never speaks for its being well.
      weights[i] = Math.max(0, before - rate * ((step[i] ?? 0) / n + 0.001 * before));
    }
  }
  return { bias, weights };
}
