import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * One registry per process. Names follow `system_noun_unit`; the `simulated` label is set by whoever measures a
 * simulated thing. Budgets of P6 are bucket bounds, so that "within budget" is a ratio of two series.
 */
export const registry = new Registry();
collectDefaultMetrics({ register: registry });

const once = <T>(name: string, make: () => T): T =>
  (registry.getSingleMetric(name) as T | undefined) ?? make();

export const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
  once(name, () => new Counter<L>({ name, help, labelNames: [...labelNames], registers: [registry] }));

export const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
  once(name, () => new Gauge<L>({ name, help, labelNames: [...labelNames], registers: [registry] }));

export const budgetBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1, 2, 5, 10, 30, 120,
];

export const histogram = <L extends string>(
  name: string,
  help: string,
  labelNames: readonly L[] = [],
  buckets: number[] = budgetBuckets,
) =>
  once(
    name,
    () => new Histogram<L>({ name, help, labelNames: [...labelNames], buckets, registers: [registry] }),
  );

export const requestSeconds = histogram('atom_procedure_duration_seconds', 'Time a procedure took', [
  'procedure',
  'outcome',
]);
export const denials = counter('atom_denials_total', 'Calls refused by authorisation', ['procedure']);
