import type { Readiness } from '#server/federation/edge-routing/schema.ts';

/** Who could take over comes first, and what is real before what is simulated. */
export const byReadiness = (a: Readiness, b: Readiness): number =>
  Number(b.ready) - Number(a.ready) ||
  Number(a.simulated) - Number(b.simulated) ||
  a.from.localeCompare(b.from) ||
  a.to.localeCompare(b.to);

/** The pair that is asked for, or the one to begin with; undefined = there is none of that name. */
export const chosenPair = (matrix: readonly Readiness[], asked: string | null): Readiness | undefined =>
  asked === null ? matrix.toSorted(byReadiness)[0] : matrix.find(pair => `${pair.from}.${pair.to}` === asked);
