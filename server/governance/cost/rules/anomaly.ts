/** One day of one service and kind of charge. */
export interface DailyCost {
  day: string;
  service: string;
  what: string;
  cost: number;
  quantity: number | null;
}

export interface AnomalyPart {
  service: string;
  what: string;
  before: number;
  now: number;
  /** Of the difference: because more was used, and because a unit cost more. */
  byQuantity: number;
  byPrice: number;
}

export interface CostAnomaly {
  day: string;
  cost: number;
  expected: number;
  /** In robust standard deviations. */
  score: number;
  parts: AnomalyPart[];
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

const window = 14;
const threshold = 4;

/** Days that cost far more or less than the two weeks before, with what made the difference: which charges, price or quantity. */
export function anomaliesOf(rows: readonly DailyCost[]): CostAnomaly[] {
  const days = [...new Set(rows.map(row => row.day))].sort();
  const total = new Map(days.map(day => [day, 0]));
  for (const row of rows) total.set(row.day, (total.get(row.day) ?? 0) + row.cost);
  const found: CostAnomaly[] = [];
  const odd = new Set<string>();
  for (const [i, day] of days.entries()) {
    const before = days.slice(Math.max(0, i - window), i).filter(d => !odd.has(d));
    if (before.length < 7) continue;
    const costs = before.map(d => total.get(d) ?? 0);
    const expected = median(costs);
    const spread = Math.max(
      1.4826 * median(costs.map(c => Math.abs(c - expected))),
      0.02 * Math.abs(expected),
      1e-9,
    );
    const cost = total.get(day) ?? 0;
    const score = (cost - expected) / spread;
    if (Math.abs(score) < threshold) continue;
    odd.add(day);
    found.push({ day, cost, expected, score, parts: partsOf(rows, day, before) });
  }
  return found;
}

function partsOf(rows: readonly DailyCost[], day: string, before: readonly string[]): AnomalyPart[] {
  const usual = new Set(before);
  const groups = new Map<string, { service: string; what: string; now: DailyCost[]; before: DailyCost[] }>();
  for (const row of rows) {
    if (row.day !== day && !usual.has(row.day)) continue;
    const key = `${row.service}\n${row.what}`;
    const group = groups.get(key) ?? { service: row.service, what: row.what, now: [], before: [] };
    (row.day === day ? group.now : group.before).push(row);
    groups.set(key, group);
  }
  const sum = (list: readonly DailyCost[], of: (row: DailyCost) => number) =>
    list.reduce((s, row) => s + of(row), 0);
  return [...groups.values()]
    .map(({ service, what, now, before: past }) => {
      const [cost, usually] = [sum(now, r => r.cost), sum(past, r => r.cost) / before.length];
      const [quantity, much] = [
        sum(now, r => r.quantity ?? 0),
        sum(past, r => r.quantity ?? 0) / before.length,
      ];
      const known = quantity > 0 && much > 0;
      const byQuantity = known ? (quantity - much) * (usually / much) : cost - usually;
      return { service, what, before: usually, now: cost, byQuantity, byPrice: cost - usually - byQuantity };
    })
    .sort((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before))
    .slice(0, 5);
}
