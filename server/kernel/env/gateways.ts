import type { Phase } from './define.ts';
import { env } from './env.ts';
import type { VariableName } from './variables.ts';

interface Gateway {
  name: string;
  title: string;
  phases: readonly Phase[] | 'all';
  /** Any one of these sets makes it real. */
  realWith: readonly (readonly VariableName[])[];
  /** What stands in for it. */
  otherwise: string;
  /** Whether this version has the part that talks to the real thing. A variable alone makes nothing real. */
  built: boolean;
}

const later = (
  name: string,
  title: string,
  phases: Gateway['phases'],
  realWith: Gateway['realWith'],
  otherwise: string,
): Gateway => ({ name, title, phases, realWith, otherwise, built: false });

const used = (...given: Parameters<typeof later>): Gateway => ({ ...later(...given), built: true });
const recorded = 'deliveries are recorded as simulated';

/** The one table that says which gateway is real and which is simulated, and what would make it real. */
const gateways: readonly Gateway[] = [
  {
    name: 'traces',
    title: 'Trace collector',
    phases: 'all',
    realWith: [['OTEL_EXPORTER_OTLP_ENDPOINT']],
    otherwise: 'spans are made and propagated, not exported',
    built: true,
  },
  {
    name: 'signing',
    title: 'Signing key',
    phases: 'all',
    realWith: [['VAULT_ADDR', 'VAULT_TRANSIT_KEY'], ['SIGNING_KEY_PATH'], ['COSIGN_KEY_PATH']],
    otherwise: 'a labelled simulation key signs',
    built: true,
  },
  {
    name: 'vault',
    title: 'Vault',
    phases: 'all',
    realWith: [
      ['VAULT_ADDR', 'VAULT_TOKEN', 'VAULT_TRANSIT_KEY'],
      ['VAULT_ADDR', 'VAULT_ROLE_ID', 'VAULT_SECRET_ID', 'VAULT_TRANSIT_KEY'],
    ],
    otherwise: 'keys lie sealed in the console’s own database',
    built: true,
  },
  later(
    'registry',
    'Region registry',
    ['G.1', 'G.5', 'H.4', 'I.1'],
    [['GLOBAL_REGISTRY_URL']],
    'this console is the registry',
  ),
  later('replicas', 'Replica regions', ['G.1', 'I.1'], [['POSTGRES_REPLICA_DSNS']], 'regions are simulated'),
  later(
    'snapshots',
    'Snapshot store',
    ['G.1', 'I.1'],
    [['S3_ENDPOINT'], ['GLOBAL_S3_ENDPOINT']],
    'a local directory',
  ),
  used(
    'metrics',
    'Prometheus',
    ['G.1', 'G.5', 'H.4'],
    [['PROM_URL'], ['PROM_REGION_URLS']],
    'a simulated exposition',
  ),
  used('logs', 'Loki', ['G.1', 'G.5', 'H.4'], [['LOKI_URL']], 'simulated logs'),
  later('cluster', 'Kubernetes', ['G.3'], [['K8S_CONTEXT']], 'nodes are simulated'),
  later('hosts', 'Ansible hosts', ['G.3'], [['ANSIBLE_INVENTORY']], 'nodes are simulated'),
  later('images', 'Image registry', ['G.3'], [['LOCAL_REGISTRY_URL']], 'nothing is pushed'),
  later(
    'vault-sync',
    'Vault synchronisation',
    ['G.3'],
    [['VAULT_PRIMARY_ADDR', 'VAULT_SECONDARY_ADDR']],
    'the sync is simulated',
  ),
  later('hub', 'Policy hub', ['G.5'], [['POLICY_HUB_URL']], 'this console is the hub'),
  used('stream', 'Kafka telemetry', ['H.4'], [['KAFKA_URL']], 'HTTP ingest only'),
  later(
    'reasoner',
    'Language model',
    ['H.4'],
    [['OPENAI_KEY']],
    'the local deterministic reasoner works alone',
  ),
  used('slack', 'Slack', ['H.4'], [['SLACK_BOT_TOKEN', 'SLACK_CHANNEL'], ['SLACK_WEBHOOK_URL']], recorded),
  used('telegram', 'Telegram', ['H.4'], [['TELEGRAM_BOT_TOKEN', 'TELEGRAM_CHAT_ID']], recorded),
  used('mail', 'Mail', ['H.4'], [['SMTP_URL']], recorded),
  later('models', 'Model store', ['I.1'], [['MODEL_STORE_URL']], 'a local directory'),
  later('fabric', 'Inference fabric', ['I.1'], [['NEURAL_FABRIC_URL']], 'the built-in runtime'),
  later('training', 'Training coordinator', ['I.1'], [['QUANTUM_COORD_URL']], 'the built-in coordinator'),
  later('rules', 'Rules engine', ['I.1'], [['RULES_ENGINE_URL']], 'local rules'),
];

export interface GatewayState {
  name: string;
  title: string;
  phases: readonly Phase[] | 'all';
  state: 'real' | 'simulated';
  /** Why, and what stands in or what would make it real. */
  reason: string;
  /** Any one of these sets connects it; none where nothing does. */
  connect: readonly (readonly string[])[];
  /** Whether connecting makes it real in this version, or only lets precheck look at it. */
  built: boolean;
}

const stateOf = ({ realWith, otherwise, built }: Gateway): Pick<GatewayState, 'state' | 'reason'> => {
  const set = realWith.find(names => names.every(name => env().connected(name) !== undefined));
  const wanted = realWith.map(names => names.join(' with ')).join(', or ');
  if (!set) return { state: 'simulated', reason: `${otherwise}; ${wanted} connects it` };
  const given = set.join(' and ');
  return built
    ? { state: 'real', reason: `${given} ${set.length > 1 ? 'are' : 'is'} set` }
    : {
        state: 'simulated',
        reason: `${otherwise}; ${given} can be probed, but this version does not use it yet`,
      };
};

/** The console's own state comes first: it is always real, wherever it lies. */
export const gatewayStates = (): GatewayState[] => [
  {
    name: 'state',
    title: 'The console’s own state',
    phases: 'all',
    state: 'real',
    reason: env().vars.ATOM_EMBEDDED_POSTGRES
      ? 'an embedded Postgres keeps it on this machine'
      : 'your Postgres keeps it',
    connect: [['POSTGRES_DSN']],
    built: true,
  },
  ...gateways.map(g => ({
    name: g.name,
    title: g.title,
    phases: g.phases,
    connect: g.realWith,
    built: g.built,
    ...stateOf(g),
  })),
];

export function gatewayState(name: string): GatewayState {
  const found = gatewayStates().find(g => g.name === name);
  if (!found) throw new Error(`There is no gateway ${name}.`);
  return found;
}
