import type { ReadContext } from '#kernel/trpc/context.ts';
import { probabilityOf } from '../rules/calibrate.ts';
import { featuresOf, rawScore } from '../rules/ensemble.ts';
import type { Firing } from '../rules/evaluate.ts';
import type { Facts } from '../rules/facts.ts';
import { selectActiveCalibration } from '../store/calibrations.ts';

export interface InForce {
  id: string | null;
  /** Of a service; of the tenant: that of its most endangered one. */
  probability(facts: Facts, firings: readonly Firing[], service: string | null): number | null;
}

export async function calibrationInForce(ctx: ReadContext): Promise<InForce> {
  const found = await selectActiveCalibration(ctx.db);
  if (!found) return { id: null, probability: () => null };
  const of = (facts: Facts, firings: readonly Firing[], service: string | null) =>
    probabilityOf(found.knots, rawScore(found.weights, featuresOf(facts, firings, service)));
  return {
    id: found.id,
    probability: (facts, firings, service) => {
      if (service !== null) return of(facts, firings, service);
      const all = new Set<string | null>([
        null,
        ...facts.signals.map(s => s.service),
        ...facts.events.map(e => e.service),
      ]);
      return Math.max(...[...all].map(each => of(facts, firings, each)));
    },
  };
}
