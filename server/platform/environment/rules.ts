import { missingCritical } from '#kernel/env/critical.ts';
import type { Dependency, Precheck } from './schema.ts';

export type Phase = Precheck['phase'];

const good = (state: string): boolean => /^(REACHABLE|UP|OK|SET)$/.test(state);

/** H.4 goes on in simulation without these, and says that production may not. */
const neededInProduction: Partial<Record<Phase, readonly string[]>> = {
  'H.4': ['VAULT_ADDR', 'POSTGRES_DSN'],
};

/** What has to answer for a phase to go on at all. */
const blocking: Partial<Record<Phase, string>> = { 'G.1': 'GLOBAL_REGISTRY_URL' };

/** Why a phase is blocked, in words; null where it is not. */
export function whyBlocked({ phase, decision, dependencies }: Precheck): string | null {
  if (decision !== 'BLOCK') return null;
  const name = blocking[phase] ?? '';
  const state = dependencies.find(d => d.variable === name)?.state ?? 'MISSING';
  return `${name} is ${state}`;
}

/** The decision rules of the environment specification, phase by phase. */
export function decide(phase: Phase, dependencies: readonly Dependency[], now: Date): Precheck {
  const has = (name: string) => good(dependencies.find(d => d.variable === name)?.state ?? 'MISSING');
  const gaps = dependencies.filter(d => !good(d.state)).map(d => d.variable);
  const critical = dependencies
    .filter(d => d.critical)
    .map(d => ({ name: d.variable, ...(d.oneOf ? { oneOf: d.oneOf } : {}) }));
  const missing = missingCritical(critical, has);
  return {
    phase,
    decision: decisionOf(phase, has, gaps, missing),
    simulation: missing.length > 0,
    blocked: blockedPolicies(phase, has),
    gaps,
    productionBlockers: (neededInProduction[phase] ?? []).filter(name => !has(name)),
    dependencies: [...dependencies],
    at: now.toISOString(),
  };
}

function blockedPolicies(phase: Phase, has: (name: string) => boolean): Precheck['blocked'] {
  const blocked: Precheck['blocked'] = [];
  if (!has('COSIGN_KEY_PATH'))
    blocked.push({ policy: 'P2', reason: 'COSIGN_KEY_PATH is missing: a labelled simulation key signs.' });
  if (phase === 'I.1' && !has('VAULT_ADDR'))
    blocked.push({ policy: 'P2', reason: 'VAULT_ADDR is missing: keys lie in a local sealed file.' });
  return blocked;
}

function decisionOf(
  phase: Phase,
  has: (name: string) => boolean,
  gaps: readonly string[],
  missing: readonly string[],
): Precheck['decision'] {
  switch (phase) {
    case 'G.1':
      if (!has(blocking[phase] ?? '')) return 'BLOCK';
      return gaps.length === 0 ? 'PROCEED' : 'PROCEED_SIMULATION';
    case 'G.3':
      return has('K8S_CONTEXT') ? 'PROCEED' : 'PROCEED_SIMULATION';
    case 'G.5':
      return has('POLICY_HUB_URL') ? 'PROCEED' : 'PROCEED_SIMULATION';
    case 'H.4':
    case 'I.1':
      return missing.length === 0 ? 'PROCEED' : 'PROCEED_SIMULATION';
  }
}

/** I.1 calls its block file differently from the others. */
export const blockFileOf = (phase: Phase): string =>
  phase === 'I.1' ? `Phase${phase}_precheck_block.txt` : `${phase}_precheck_block.txt`;
