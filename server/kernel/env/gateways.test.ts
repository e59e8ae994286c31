import { afterAll, expect, it } from 'vitest';
import { testSecret } from '#scripts/testing/secret.ts';
import { loadEnvForTest } from './env.ts';
import { gatewayState, gatewayStates } from './gateways.ts';

const base = { ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' };
afterAll(() => void loadEnvForTest(base));

it('calls a gateway real only when it is connected and this version uses it', () => {
  loadEnvForTest(base);
  expect(gatewayState('traces')).toMatchObject({
    state: 'simulated',
    reason: 'spans are made and propagated, not exported; OTEL_EXPORTER_OTLP_ENDPOINT connects it',
  });
  loadEnvForTest({ ...base, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.internal:4318' });
  expect(gatewayState('traces').state).toBe('real');
  loadEnvForTest({ ...base, LOCAL_REGISTRY_URL: 'http://registry.internal' });
  expect(gatewayState('images')).toMatchObject({
    state: 'simulated',
    reason: expect.stringContaining('this version does not use it yet'),
  });
});

it('wants every variable of a set, and any of the sets', () => {
  loadEnvForTest({ ...base, VAULT_ADDR: 'http://vault.internal' });
  expect(gatewayState('vault').reason).toContain(
    'VAULT_ADDR with VAULT_TOKEN with VAULT_TRANSIT_KEY, or VAULT_ADDR with VAULT_ROLE_ID with VAULT_SECRET_ID with',
  );
  loadEnvForTest({
    ...base,
    VAULT_ADDR: 'http://vault.internal',
    VAULT_ROLE_ID: 'r',
    VAULT_SECRET_ID: 's',
    VAULT_TRANSIT_KEY: 'console',
  });
  expect(gatewayState('vault')).toMatchObject({ state: 'real', reason: expect.stringContaining('are set') });
});

it('has each gateway once, and the console’s own state is always real', () => {
  loadEnvForTest({ ...base, ATOM_EMBEDDED_POSTGRES: 'true' });
  const names = gatewayStates().map(g => g.name);
  expect(new Set(names).size).toBe(names.length);
  expect(gatewayState('state').reason).toContain('embedded');
  loadEnvForTest(base);
  expect(gatewayState('state')).toMatchObject({ state: 'real', reason: 'your Postgres keeps it' });
  expect(() => gatewayState('none')).toThrow('There is no gateway none.');
});
