import { counter, gauge } from '#kernel/metrics/metrics.ts';
import type { Verdict } from '../schema/judgement.ts';

const runs = counter('atom_simulation_runs_total', 'Simulations that were judged', [
  'kind',
  'verdict',
  'simulated',
]);
const faults = gauge('atom_simulation_faults', 'Faults that are under way in the simulated world', [
  'simulated',
]);

export const countVerdict = (kind: 'sandbox' | 'canary' | 'replay' | 'game_day', verdict: Verdict) =>
  runs.inc({ kind, verdict, simulated: 'true' });
export const noteFaults = (count: number) => faults.set({ simulated: 'true' }, count);
