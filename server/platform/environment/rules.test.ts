import { describe, expect, it } from 'vitest';
import { type Variable, type VariableName, variables } from '#kernel/env/variables.ts';
import { blockFileOf, decide, type Phase } from './rules.ts';

const now = new Date('2026-01-01T00:00:00Z');
const all = [
  'GLOBAL_REGISTRY_URL',
  'POSTGRES_DSN',
  'VAULT_ADDR',
  'COSIGN_KEY_PATH',
  'K8S_CONTEXT',
  'POLICY_HUB_URL',
  'PROM_URL',
  'SMTP_URL',
  'SLACK_WEBHOOK_URL',
  'VAULT_PRIMARY_ADDR',
  'LOCAL_REGISTRY_URL',
] as const satisfies VariableName[];
const without = (...names: string[]) => all.filter(name => !names.includes(name));
/** As the service makes them: what is critical for the phase comes from the table of variables. */
const found = (names: readonly string[], phase: Phase = 'G.1') =>
  all.map(variable => {
    const v: Variable = variables[variable];
    const critical = v.critical?.includes(phase) ?? false;
    return {
      variable,
      state: names.includes(variable) ? 'UP' : 'MISSING',
      critical,
      ...(critical && v.oneOf ? { oneOf: v.oneOf } : {}),
    };
  });

describe('precheck decisions', () => {
  it.each<[Phase, readonly string[], string]>([
    ['G.1', all, 'PROCEED'],
    ['G.1', ['GLOBAL_REGISTRY_URL'], 'PROCEED_SIMULATION'],
    ['G.1', all.slice(1), 'BLOCK'],
    ['G.3', ['K8S_CONTEXT'], 'PROCEED'],
    ['G.3', [], 'PROCEED_SIMULATION'],
    ['G.5', ['POLICY_HUB_URL'], 'PROCEED'],
    ['G.5', [], 'PROCEED_SIMULATION'],
    ['H.4', all, 'PROCEED'],
    ['H.4', without('SMTP_URL'), 'PROCEED'],
    ['H.4', without('SLACK_WEBHOOK_URL'), 'PROCEED'],
    ['H.4', without('SMTP_URL', 'SLACK_WEBHOOK_URL'), 'PROCEED_SIMULATION'],
    ['H.4', without('VAULT_ADDR'), 'PROCEED_SIMULATION'],
    ['I.1', all, 'PROCEED'],
    ['I.1', without('COSIGN_KEY_PATH'), 'PROCEED_SIMULATION'],
    ['I.1', without('GLOBAL_REGISTRY_URL'), 'PROCEED_SIMULATION'],
    ['I.1', without('POSTGRES_DSN'), 'PROCEED_SIMULATION'],
    ['I.1', without('VAULT_ADDR'), 'PROCEED_SIMULATION'],
    ['I.1', [], 'PROCEED_SIMULATION'],
  ])('%s with %j is %s', (phase, names, decision) => {
    expect(decide(phase, found(names, phase), now).decision).toBe(decision);
  });

  it('marks P2 as blocked without a signing key, and names every gap', () => {
    const result = decide('G.5', found(['POLICY_HUB_URL'], 'G.5'), now);
    expect(result.blocked.map(b => b.policy)).toEqual(['P2']);
    expect(result.gaps).toContain('COSIGN_KEY_PATH');
    expect(decide('G.5', found(all, 'G.5'), now).blocked).toEqual([]);
  });

  it('simulates when a critical thing is missing, and takes an error for missing', () => {
    expect(decide('H.4', found(all, 'H.4'), now).simulation).toBe(false);
    expect(decide('H.4', found([], 'H.4'), now).simulation).toBe(true);
    const broken = found(all).map(d =>
      d.variable === 'GLOBAL_REGISTRY_URL' ? { ...d, state: 'ERROR:refused' } : d,
    );
    expect(decide('G.1', broken, now).decision).toBe('BLOCK');
  });

  it('takes one approval channel for all of them, in the decision and in the mode alike', () => {
    const one = decide('H.4', found(without('SLACK_WEBHOOK_URL'), 'H.4'), now);
    expect([one.decision, one.simulation]).toEqual(['PROCEED', false]);
    expect(one.gaps).toEqual(['SLACK_WEBHOOK_URL']);
  });

  it('names what production must not go without', () => {
    expect(decide('H.4', found([], 'H.4'), now).productionBlockers).toEqual(['VAULT_ADDR', 'POSTGRES_DSN']);
    expect(decide('H.4', found(all, 'H.4'), now).productionBlockers).toEqual([]);
    expect(decide('G.5', found([], 'G.5'), now).productionBlockers).toEqual([]);
  });

  it.each<Phase>(['G.1', 'G.3', 'G.5', 'H.4', 'I.1'])('marks P2 in %s, which signs too', phase => {
    expect(decide(phase, found(without('COSIGN_KEY_PATH'), phase), now).blocked.map(b => b.policy)).toEqual([
      'P2',
    ]);
  });

  it('names the block file as the phase wants it', () => {
    expect(blockFileOf('I.1')).toBe('PhaseI.1_precheck_block.txt');
    expect(blockFileOf('G.1')).toBe('G.1_precheck_block.txt');
  });
});
