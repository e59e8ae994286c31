import type { Phase } from '#kernel/env/define.ts';

export interface PhaseRequest {
  /** Router key of the system that answers. */
  system: string;
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  /** Bodies that need a signature are made when they are sent. */
  signed?: 'region' | 'region_tampered';
  expect: readonly number[];
}

const get = (system: string, path: string, expect: readonly number[] = [200]): PhaseRequest => ({
  system,
  method: 'GET',
  path,
  expect,
});
const post = (system: string, path: string, expect: readonly number[], body: unknown): PhaseRequest => ({
  system,
  method: 'POST',
  path,
  expect,
  body,
});

/** What an outsider's script asks of each phase, and what it may expect. Health and metrics of every port come before it. */
export const requestsOf: Record<Phase, readonly PhaseRequest[]> = {
  'G.1': [
    get('regions', '/region/list'),
    { ...post('regions', '/region/register', [201, 202], null), signed: 'region' },
    post('regions', '/region/register', [401], {
      name: 'unsigned-region',
      url: 'https://unsigned-region.example.net',
      keys: [],
      environment: 'simulation',
    }),
    { ...post('regions', '/region/register', [422], null), signed: 'region_tampered' },
    get('regions', '/global-status'),
    get('tenants', '/tenants'),
    get('tenants', '/tenants/t1'),
    get('tenants', '/tenants/no-such-tenant', [404]),
  ],
  'G.3': [],
  'G.5': [
    get('policies', '/status'),
    post('policies', '/policy/publish', [401], { policy: 'unsigned' }),
    get('relays', '/relay/status'),
    post('relays', '/relay/sync', [200], {}),
    get('relays', '/metrics'),
  ],
  'H.4': [
    post('telemetry', '/ingest/event', [201], { tenant_id: 't1', event: 'cpu_spike', severity: 'high' }),
    get('risks', '/risk/t1'),
    get('risks', '/risk/test_tenant'),
    post('proposals', '/propose', [200], { tenant_id: 't1', context_id: 'ctx1', risk_id: 'r1' }),
    post('proposals', '/propose', [200], { tenant_id: 'test', context_id: 'c1', risk_id: 'r1' }),
    post('actions', '/execute', [202], { tenant_id: 't1', action: 'scale', dry_run: true }),
    post('actions', '/execute', [202], {
      action: 'scale',
      tenant_id: 't1',
      target: 'service-x',
      replicas: 3,
    }),
    post('actions', '/execute', [202], { action: 'dryrun', tenant_id: 't1' }),
    get('actions', '/status/e1'),
    get('audits', '/audit/test-id'),
    post('approvals', '/request_approval', [200, 201], { exec_id: 'e1', approver: 'admin' }),
    post('approvals', '/approve', [401], { exec_id: 'e1' }),
    get('costs', '/cost/forecast/t1'),
    get('costs', '/cost/forecast/test_tenant'),
  ],
  'I.1': [
    post('features', '/features/register', [201], {
      tenant: 't1',
      feature_id: 'f1',
      schema: {},
      consented: true,
    }),
    post('training', '/train/round', [202, 422], { model_id: 'm1', tenants: ['t1'] }),
    post('inference', '/invoke', [200, 403], { tenant: 't1', model_id: 'm1', input: {} }),
  ],
};

export const recommendedTags: Record<Phase, string> = {
  'G.1': 'v7.0.0-phaseG.1',
  'G.3': 'v7.2.0-phaseG.3',
  'G.5': 'v7.4.0-phaseG.5',
  'H.4': 'v8.3.0-phaseH.4',
  'I.1': 'v9.0.0-phaseI.1',
};
