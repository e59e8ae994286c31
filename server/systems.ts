import type { Phase } from '#kernel/env/define.ts';

export type Area = 'federation' | 'selfhost' | 'policy' | 'governance' | 'intelligence' | 'platform';

export interface SystemInfo {
  area: Area;
  slug: string;
  /** Key in the router of routers: the word people use. */
  key: string;
  title: string;
  port?: number;
  phase?: Phase;
  /** Id and short name of its report. */
  report?: readonly [id: string, short: string];
}

const phases: Partial<Record<Area, Phase>> = {
  federation: 'G.1',
  selfhost: 'G.3',
  policy: 'G.5',
  governance: 'H.4',
  intelligence: 'I.1',
};

/** A phase's own port, which answers for all its systems together. */
export const phasePorts: Partial<Record<Phase, number>> = { 'G.3': 8600 };

const system = (
  area: Area,
  slug: string,
  key: string,
  title: string,
  port?: number,
  report?: readonly [string, string],
): SystemInfo => ({
  area,
  slug,
  key,
  title,
  ...(port === undefined ? {} : { port }),
  ...(phases[area] ? { phase: phases[area] } : {}),
  ...(report ? { report } : {}),
});

/** The one table that maps a system's folder to its router key, service port and report. */
export const systems: readonly SystemInfo[] = [
  system('federation', 'regions', 'regions', 'Region registry', 8401, ['G.1.1', 'region_registry']),
  system('federation', 'replication', 'replication', 'Federation sync', 8402, ['G.1.2', 'federation_sync']),
  system('federation', 'edge-routing', 'edgeRouting', 'Edge controller', 8403, ['G.1.3', 'edge_controller']),
  system('federation', 'tenants', 'tenants', 'Tenant replicator', 8404, ['G.1.4', 'tenant_replicator']),
  system('federation', 'metrics', 'metrics', 'Metrics aggregator', 8405, ['G.1.5', 'metrics_aggregator']),
  system('federation', 'recovery', 'recovery', 'Disaster recovery coordinator', 8406, [
    'G.1.6',
    'disaster_recovery',
  ]),
  system('federation', 'trust', 'trust', 'Federation policy manager', 8407, ['G.1.7', 'federation_policy']),
  system('selfhost', 'clusters', 'clusters', 'Cluster bootstrap', 8601, ['G.3.1', 'cluster_bootstrap']),
  system('selfhost', 'registry-mirror', 'registryMirror', 'Registry mirror manager', 8602, [
    'G.3.2',
    'registry_mirror',
  ]),
  system('selfhost', 'vault-sync', 'vaultSync', 'Vault sync daemon', 8603, ['G.3.3', 'vault_sync']),
  system('selfhost', 'helm', 'helm', 'Helm orchestrator', 8604, ['G.3.4', 'helm_orchestrator']),
  system('selfhost', 'node-join', 'nodes', 'Node join gateway', 8605, ['G.3.5', 'node_join']),
  system('selfhost', 'posture', 'posture', 'Self-host policy monitor', 8606, ['G.3.6', 'selfhost_policy']),
  system('policy', 'hub', 'policies', 'Policy hub', 8700, ['G.5.1', 'policy_hub']),
  system('policy', 'relay', 'relays', 'Edge relay service', 8701, ['G.5.2', 'edge_relay']),
  system('policy', 'cache', 'cache', 'Inference cache daemon', 8702, ['G.5.3', 'inference_cache']),
  system('policy', 'sync', 'policySync', 'Policy sync controller', 8703, ['G.5.4', 'policy_sync']),
  system('policy', 'auditor', 'edgeAudits', 'Edge compliance auditor', 8704, ['G.5.5', 'edge_auditor']),
  system('policy', 'portal', 'portal', 'Policy portal', 8705, ['G.5.6', 'policy_portal']),
  system('governance', 'observability', 'telemetry', 'Observability ingestor', 8801, [
    'H.4.1',
    'observability',
  ]),
  system('governance', 'risk', 'risks', 'Risk scoring engine', 8802, ['H.4.2', 'risk_scoring']),
  system('governance', 'reasoner', 'proposals', 'Policy reasoner', 8803, ['H.4.3', 'policy_reasoner']),
  system('governance', 'actions', 'actions', 'Action orchestrator', 8804, ['H.4.4', 'action_orchestrator']),
  system('governance', 'audit', 'audits', 'Explainability and audit', 8805, [
    'H.4.5',
    'explainability_audit',
  ]),
  system('governance', 'approvals', 'approvals', 'Approval gateway', 8806, ['H.4.6', 'approval_gateway']),
  system('governance', 'cost', 'costs', 'Cost optimizer', 8807, ['H.4.7', 'cost_optimizer']),
  system('governance', 'simulation', 'simulations', 'Simulation and canary runner', 8808, [
    'H.4.8',
    'simulation_runner',
  ]),
  system('intelligence', 'features', 'features', 'Global feature catalog', 9001, [
    'I.1.1',
    'feature_catalog',
  ]),
  system('intelligence', 'training', 'training', 'Federated trainer orchestrator', 9002, [
    'I.1.2',
    'federated_trainer',
  ]),
  system('intelligence', 'models', 'models', 'Model exchange bus', 9003, ['I.1.3', 'model_exchange']),
  system('intelligence', 'routing', 'inference', 'Global inference router', 9004, [
    'I.1.4',
    'inference_router',
  ]),
  system('intelligence', 'feedback', 'feedback', 'Continuous policy feedback loop', 9005, [
    'I.1.5',
    'policy_feedback',
  ]),
  system('intelligence', 'scorecard', 'scorecards', 'Fabric scorecard and auto-tuner', 9006, [
    'I.1.6',
    'fabric_scorecard',
  ]),
  system('platform', 'identity', 'identity', 'Identity'),
  system('platform', 'sessions', 'sessions', 'Sessions'),
  system('platform', 'mfa', 'mfa', 'Second factor'),
  system('platform', 'tokens', 'tokens', 'Tokens'),
  system('platform', 'jobs', 'jobs', 'Jobs'),
  system('platform', 'alerts', 'alerts', 'Alerts and controls'),
  system('platform', 'notifications', 'notifications', 'Notifications'),
  system('platform', 'environment', 'environment', 'Environment and precheck'),
  system('platform', 'overview', 'overview', 'Overview'),
];

export const systemTitles: Readonly<Record<string, string>> = Object.fromEntries(
  systems.map(s => [s.key, s.title]),
);
