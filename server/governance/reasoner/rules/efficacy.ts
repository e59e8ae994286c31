import type { ActionName } from '#kernel/actions/plan.ts';
import type { CauseName } from './causes.ts';
import type { PastOutcome } from './evidence.ts';

/** How often an action mends a cause before anything was seen here: a guess, worth four tries, that outcomes outweigh. */
const prior: Partial<Record<CauseName, Partial<Record<ActionName, number>>>> = {
  overload: { scale: 0.85, restart: 0.2 },
  'memory-leak': { restart: 0.8, rollback: 0.35 },
  'bad-deploy': { rollback: 0.9, restart: 0.2 },
  'faulty-process': { restart: 0.65 },
  'bad-node': { drain: 0.8, cordon: 0.55 },
  'region-loss': { failover: 0.85 },
  'exposed-key': { 'rotate-keys': 0.9 },
  'policy-drift': { 'policy-rollback': 0.85 },
  overprovision: { scale: 0.8 },
};
const priorTries = 4;

export const actionsFor = (cause: CauseName): ActionName[] => Object.keys(prior[cause] ?? {}) as ActionName[];

export interface Efficacy {
  mean: number;
  deviation: number;
  tries: number;
}

/** A beta posterior: one more success never lowers it, one more failure never raises it. */
export function efficacyOf(cause: CauseName, action: ActionName, outcomes: readonly PastOutcome[]): Efficacy {
  const own = outcomes.filter(outcome => outcome.action === action);
  const worked = own.filter(outcome => outcome.worked).length;
  const guess = prior[cause]?.[action] ?? 0;
  const a = guess * priorTries + worked;
  const b = (1 - guess) * priorTries + own.length - worked;
  const mean = a / (a + b);
  return { mean, deviation: Math.sqrt((mean * (1 - mean)) / (a + b + 1)), tries: own.length };
}
