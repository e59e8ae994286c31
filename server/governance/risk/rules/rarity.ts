import type { FactTemplate } from './facts.ts';

export interface TemplateCount {
  id: string;
  count: number;
}

/** Of fewer lines than this every shape is new, and that says nothing. */
const familiarAfter = 500;

/**
 * How rare each shape of log line is: the surprise of its share, on a scale where a shape seen once has the most. A tenant
 * whose lines are hardly known yet has none that are remarkable.
 */
export function rarities(counts: readonly TemplateCount[]): ReadonlyMap<string, FactTemplate> {
  const total = counts.reduce((sum, template) => sum + Math.max(0, template.count), 0);
  const familiar = 1 - Math.exp(-total / familiarAfter);
  const most = Math.log(total + 1);
  return new Map(
    counts.map(({ id, count }) => [
      id,
      { id, rarity: total < 2 ? 0 : familiar * Math.max(0, 1 - Math.log(Math.max(1, count)) / most) },
    ]),
  );
}
