import { z } from 'zod';

/** What an operator can break on purpose: the game-day library, and two everyday ones that actions can mend. */
export const faultKinds = [
  'region-loss',
  'replication-stall',
  'vault-drift',
  'policy-tamper',
  'registry-corruption',
  'traffic-surge',
  'cost-spike',
  'slow-metrics',
  'clock-skew',
  'bad-deploy',
  'memory-leak',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export const faultTargetKinds = ['region', 'tenant', 'service'] as const;
export type FaultTargetKind = (typeof faultTargetKinds)[number];

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'lower case letters, digits and . _ - only');

export const faultTarget = z.strictObject({ kind: z.enum(faultTargetKinds), id: name });
export type FaultTarget = z.output<typeof faultTarget>;

const intensity = z.number().min(0.05).max(1);
const replicas = z.int().min(0).max(1000);

/** What changes the world. Nothing else does: the rest follows from the seed and the time. */
export const worldCommandSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('fault.inject'),
    id: z.string().min(1).max(80),
    fault: z.enum(faultKinds),
    target: faultTarget,
    intensity: intensity.default(0.8),
  }),
  z.strictObject({ kind: z.literal('fault.heal'), id: z.string().min(1).max(80) }),
  z.strictObject({ kind: z.literal('service.scale'), service: name, replicas }),
  z.strictObject({ kind: z.literal('service.restart'), service: name }),
  z.strictObject({
    kind: z.literal('service.rollback'),
    service: name,
    toVersion: z.string().max(80).optional(),
  }),
  z.strictObject({ kind: z.literal('service.deploy'), service: name, version: z.string().min(1).max(80) }),
  z.strictObject({ kind: z.literal('service.move'), service: name, region: name }),
  z.strictObject({
    kind: z.literal('canary.start'),
    service: name,
    version: z.string().min(1).max(80),
    share: z.number().min(0.01).max(0.5),
  }),
  z.strictObject({ kind: z.literal('canary.end'), service: name, promote: z.boolean() }),
  z.strictObject({ kind: z.literal('node.cordon'), node: name }),
  z.strictObject({ kind: z.literal('node.uncordon'), node: name }),
  z.strictObject({ kind: z.literal('node.drain'), node: name }),
  z.strictObject({ kind: z.literal('region.fail'), region: name }),
  z.strictObject({ kind: z.literal('region.restore'), region: name }),
  z.strictObject({ kind: z.literal('keys.rotate'), target: name }),
]);
export type WorldCommand = z.output<typeof worldCommandSchema>;

/** A command with its place in the history. `seq` alone orders; `at` (ms) says from when on it holds. */
export interface PlacedCommand {
  seq: number;
  at: number;
  command: WorldCommand;
}

export const serviceKinds = ['web', 'api', 'worker', 'database', 'cache', 'queue'] as const;
export type ServiceKind = (typeof serviceKinds)[number];

export interface WorldService {
  id: string;
  tenantId: string;
  region: string;
  kind: ServiceKind;
  baseReplicas: number;
  /** Cores of one replica: what it costs and what it can carry. */
  cores: number;
  baseRps: number;
}

export interface WorldRegion {
  name: string;
  lat: number;
  lon: number;
  country: string;
  /** Its local time, so that each part of the world is busy in its own day. */
  utcOffsetHours: number;
  nodes: number;
  nodeCores: number;
}

export interface WorldTenant {
  id: string;
  homeRegion: string;
  tier: 'free' | 'standard' | 'premium' | 'critical';
}

export interface WorldNode {
  id: string;
  region: string;
  cores: number;
}

export interface WorldPrice {
  region: string;
  sku: 'core-hour' | 'gb-month' | 'gb-egress';
  unitPrice: number;
  currency: 'EUR';
}

export const worldMetrics = ['cpu', 'memory', 'rps', 'error_ratio', 'latency_p95_ms', 'replicas'] as const;
export type WorldMetric = (typeof worldMetrics)[number];

export interface ServiceState {
  replicas: number;
  version: string;
  region: string;
  restartedAt: number | null;
  /** A share of the replicas that runs another version, until it is promoted or taken back. */
  canary: { version: string; share: number } | null;
  /** Grows with every command that names the service: what a driver compares before it acts. */
  revision: number;
}

export interface NodeState {
  schedulable: boolean;
  drained: boolean;
  services: string[];
}

export interface RegionState {
  up: boolean;
  clockSkewMs: number;
  vaultVersion: number;
  /** How many versions its vault is behind. */
  vaultBehind: number;
  policyTampered: boolean;
  registryCorrupt: boolean;
}

export interface Fault {
  id: string;
  fault: FaultKind;
  target: FaultTarget;
  intensity: number;
  from: number;
  /** Infinity while it lasts. */
  to: number;
  /** `seed`: part of the demo world's own history; `command`: somebody injected it. */
  origin: 'seed' | 'command';
}

export const severities = ['debug', 'info', 'low', 'medium', 'high', 'critical'] as const;

export interface WorldEvent {
  id: string;
  tenantId: string;
  ts: number;
  event: string;
  severity: (typeof severities)[number];
  service: string;
  region: string;
  message: string;
  attributes: Record<string, string | number | boolean>;
  simulated: true;
}

export interface CostRow {
  day: string;
  tenantId: string;
  service: string;
  region: string;
  sku: WorldPrice['sku'];
  quantity: number;
  unitPrice: number;
  cost: number;
  currency: 'EUR';
  simulated: true;
}
