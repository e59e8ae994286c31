import { describe, expect, it } from 'vitest';
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
];
const found = (names: string[], critical = true) =>
  all.map(variable => ({ variable, state: names.includes(variable) ? 'UP' : 'MISSING', critical }));

describe('precheck decisions', () => {
  it.each<[Phase, string[], string]>([
    ['G.1', all, 'PROCEED'],
    ['G.1', ['GLOBAL_REGISTRY_URL'], 'PROCEED_SIMULATION'],
    ['G.1', all.slice(1), 'BLOCK'],
    ['G.3', ['K8S_CONTEXT'], 'PROCEED'],
    ['G.3', [], 'PROCEED_SIMULATION'],
    ['G.5', ['POLICY_HUB_URL'], 'PROCEED'],
    ['G.5', [], 'PROCEED_SIMULATION'],
    ['H.4', all, 'PROCEED'],
    ['H.4', all.filter(n => n !== 'SMTP_URL'), 'PROCEED_SIMULATION'],
    ['H.4', all.filter(n => n !== 'VAULT_ADDR'), 'PROCEED_SIMULATION'],
    ['I.1', all, 'PROCEED'],
    ['I.1', all.filter(n => n !== 'COSIGN_KEY_PATH'), 'PROCEED_SIMULATION'],
    ['I.1', [], 'PROCEED_SIMULATION'],
  ])('%s with %j is %s', (phase, names, decision) => {
    expect(decide(phase, found(names), now).decision).toBe(decision);
  });

  it('marks P2 as blocked without a signing key, and names every gap', () => {
    const result = decide('G.5', found(['POLICY_HUB_URL']), now);
    expect(result.blocked.map(b => b.policy)).toEqual(['P2']);
    expect(result.gaps).toContain('COSIGN_KEY_PATH');
    expect(decide('G.5', found(all), now).blocked).toEqual([]);
  });

  it('simulates when a critical thing is missing, and takes an error for missing', () => {
    expect(decide('H.4', found(all), now).simulation).toBe(false);
    expect(decide('H.4', found([]), now).simulation).toBe(true);
    const broken = found(all).map(d =>
      d.variable === 'GLOBAL_REGISTRY_URL' ? { ...d, state: 'ERROR:refused' } : d,
    );
    expect(decide('G.1', broken, now).decision).toBe('BLOCK');
  });

  it('names the block file as the phase wants it', () => {
    expect(blockFileOf('I.1')).toBe('PhaseI.1_precheck_block.txt');
    expect(blockFileOf('G.1')).toBe('G.1_precheck_block.txt');
  });
});
