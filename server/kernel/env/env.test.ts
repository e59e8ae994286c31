import { afterAll, expect, it } from 'vitest';
import { testSecret } from '#scripts/testing/secret.ts';
import { loadEnvForTest } from './env.ts';
import { phases, type Variable, variables } from './variables.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
const everyCritical = {
  GLOBAL_REGISTRY_URL: 'http://registry.internal',
  POSTGRES_DSN: 'postgresql://db.internal/atom',
  COSIGN_KEY_PATH: '/keys/cosign.key',
  VAULT_ADDR: 'http://vault.internal',
  VAULT_PRIMARY_ADDR: 'http://vault.internal',
  K8S_CONTEXT: 'lab',
  LOCAL_REGISTRY_URL: 'http://images.internal',
  POLICY_HUB_URL: 'http://hub.internal',
  PROM_URL: 'http://prometheus.internal',
  SMTP_URL: 'smtp://mail.internal',
};
afterAll(() => void loadEnvForTest(base));

it('names as critical what the decisions name', () => {
  const of = (phase: string) =>
    (Object.entries(variables) as [string, Variable][])
      .filter(([, v]) => v.critical?.some(p => p === phase))
      .map(([name]) => name)
      .sort();
  expect(of('G.1')).toEqual(['COSIGN_KEY_PATH', 'GLOBAL_REGISTRY_URL', 'POSTGRES_DSN', 'VAULT_ADDR']);
  expect(of('G.3')).toEqual(['K8S_CONTEXT', 'LOCAL_REGISTRY_URL', 'VAULT_PRIMARY_ADDR']);
  expect(of('G.5')).toEqual(['COSIGN_KEY_PATH', 'POLICY_HUB_URL']);
  expect(of('I.1')).toEqual(['COSIGN_KEY_PATH', 'GLOBAL_REGISTRY_URL', 'POSTGRES_DSN', 'VAULT_ADDR']);
  const channels = ['SLACK_BOT_TOKEN', 'SLACK_WEBHOOK_URL', 'SMTP_URL', 'TELEGRAM_BOT_TOKEN'];
  expect(of('H.4')).toEqual([...channels, 'POSTGRES_DSN', 'PROM_URL', 'VAULT_ADDR'].sort());
});

it('simulates while anything critical is missing, and stops by itself once nothing is', () => {
  expect(loadEnvForTest(base).simulation).toBe(true);
  expect(loadEnvForTest({ ...base, ...everyCritical }).simulation).toBe(false);
});

it.each(Object.keys(everyCritical))('simulates the phases that need %s', name => {
  const env = loadEnvForTest({ ...base, ...everyCritical, [name]: '' });
  const affected = phases.filter(env.simulationFor);
  expect(affected.length).toBeGreaterThan(0);
  expect(env.simulation).toBe(true);
});

it('takes any approval channel for one', () => {
  const env = loadEnvForTest({ ...base, ...everyCritical, SMTP_URL: '', TELEGRAM_BOT_TOKEN: 't' });
  expect(env.simulationFor('H.4')).toBe(false);
});

it('lets an explicit value win', () => {
  expect(loadEnvForTest({ ...base, SIMULATION_MODE: 'false' }).simulation).toBe(false);
  const on = loadEnvForTest({ ...base, ...everyCritical, SIMULATION_MODE: 'true' });
  expect([on.simulation, on.simulationFor('G.3')]).toEqual([true, true]);
});

it('takes DATABASE_URL for the operator’s Postgres, and the embedded one for nobody’s', () => {
  const { POSTGRES_DSN, ...others } = everyCritical;
  expect(loadEnvForTest({ ...base, ...others, DATABASE_URL: POSTGRES_DSN }).connected('POSTGRES_DSN')).toBe(
    POSTGRES_DSN,
  );
  const embedded = loadEnvForTest({ ...base, ...everyCritical, ATOM_EMBEDDED_POSTGRES: 'true' });
  expect(embedded.connected('POSTGRES_DSN')).toBeUndefined();
  expect(embedded.simulationFor('G.1')).toBe(true);
});
