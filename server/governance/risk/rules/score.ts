import {
  type Contribution,
  type Dimension,
  dimensions,
  type Level,
  levelOf,
  type Scores,
} from '../schema.ts';
import type { Firing } from './evaluate.ts';

export interface Scored {
  scores: Scores;
  overall: number;
  level: Level;
  contributions: Contribution[];
}

const tenth = (value: number) => Math.round(value * 10) / 10;

/** Each reason takes its share of what the others left: many small ones add up, and nothing passes a hundred. */
export const combined = (weights: readonly number[]): number =>
  100 * (1 - weights.reduce((left, weight) => left * (1 - Math.min(100, Math.max(0, weight)) / 100), 1));

/** Pure: from what holds to the five numbers. `service` narrows to one; without, the tenant as a whole is meant. */
export function scoreOf(firings: readonly Firing[], service?: string): Scored {
  const counted = firings
    .filter(firing => (service === undefined || firing.service === service) && firing.weight >= 0.05)
    .toSorted((a, b) => b.weight - a.weight || a.rule.id.localeCompare(b.rule.id));
  const of = (dimension: Dimension) =>
    tenth(
      combined(counted.filter(firing => firing.rule.definition.dimension === dimension).map(f => f.weight)),
    );
  const scores = Object.fromEntries(dimensions.map(dimension => [dimension, of(dimension)])) as Scores;
  const overall = Math.max(...dimensions.map(dimension => scores[dimension]));
  return {
    scores,
    overall,
    level: levelOf(overall),
    contributions: counted.slice(0, 50).map(firing => ({
      dimension: firing.rule.definition.dimension,
      feature: `rule:${firing.rule.id}`,
      title: firing.title,
      value: Math.round(firing.value * 1000) / 1000,
      weight: tenth(firing.weight),
      eventIds: firing.eventIds,
    })),
  };
}
