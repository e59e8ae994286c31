import type { Readiness } from '#server/federation/edge-routing/schema.ts';

/** Who could take over comes first, and what is real before what is simulated. */
export const byReadiness = (a: Readiness, b: Readiness): number =>
  Number(b.ready) - Number(a.ready) ||
  Number(a.simulated) - Number(b.simulated) ||
  a.from.localeCompare(b.from) ||
  a.to.localeCompare(b.to);
