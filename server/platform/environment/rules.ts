import type { Dependency, Precheck } from './schema.ts';

export type Phase = Precheck['phase'];

const good = (state: string): boolean => /^(REACHABLE|UP|OK|SET)$/.test(state);

/** The decision rules of the environment specification, phase by phase. */
export function decide(phase: Phase, dependencies: readonly Dependency[], now: Date): Precheck {
  const stateOf = (name: string) => dependencies.find(d => d.variable === name)?.state ?? 'MISSING';
  const has = (name: string) => good(stateOf(name));
  const gaps = dependencies.filter(d => !good(d.state)).map(d => d.variable);
  const criticalGaps = dependencies.filter(d => d.critical && !good(d.state)).map(d => d.variable);
  const blocked = has('COSIGN_KEY_PATH')
    ? []
    : [{ policy: 'P2', reason: 'COSIGN_KEY_PATH is missing: a labelled simulation key signs.' }];
  const vaultless =
    phase === 'I.1' && !has('VAULT_ADDR')
      ? [{ policy: 'P2', reason: 'VAULT_ADDR is missing: keys lie in a local sealed file.' }]
      : [];
  return {
    phase,
    decision: decisionOf(phase, has, gaps),
    simulation: criticalGaps.length > 0,
    blocked: phase === 'G.3' ? [] : [...blocked, ...vaultless],
    gaps,
    dependencies: [...dependencies],
    at: now.toISOString(),
  };
}

function decisionOf(
  phase: Phase,
  has: (name: string) => boolean,
  gaps: readonly string[],
): Precheck['decision'] {
  switch (phase) {
    case 'G.1':
      if (!has('GLOBAL_REGISTRY_URL')) return 'BLOCK';
      return gaps.length === 0 ? 'PROCEED' : 'PROCEED_SIMULATION';
    case 'G.3':
      return has('K8S_CONTEXT') ? 'PROCEED' : 'PROCEED_SIMULATION';
    case 'G.5':
      return has('POLICY_HUB_URL') ? 'PROCEED' : 'PROCEED_SIMULATION';
    case 'H.4': {
      const channel = ['SLACK_WEBHOOK_URL', 'SLACK_BOT_TOKEN', 'TELEGRAM_BOT_TOKEN', 'SMTP_URL'].some(has);
      return channel && ['POSTGRES_DSN', 'VAULT_ADDR', 'PROM_URL'].every(has)
        ? 'PROCEED'
        : 'PROCEED_SIMULATION';
    }
    case 'I.1':
      return ['GLOBAL_REGISTRY_URL', 'POSTGRES_DSN', 'VAULT_ADDR', 'COSIGN_KEY_PATH'].every(has)
        ? 'PROCEED'
        : 'PROCEED_SIMULATION';
  }
}

/** I.1 calls its block file differently from the others. */
export const blockFileOf = (phase: Phase): string =>
  phase === 'I.1' ? `Phase${phase}_precheck_block.txt` : `${phase}_precheck_block.txt`;
