import type { ServiceKind, WorldNode, WorldPrice, WorldRegion, WorldService, WorldTenant } from './schema.ts';

/** The demo world's own number; another one gives another history. */
export const worldSeed = 20_261_121;

export const worldRegions: readonly WorldRegion[] = [
  { name: 'eu-west', lat: 53.35, lon: -6.26, country: 'IE', utcOffsetHours: 0, nodes: 8, nodeCores: 384 },
  { name: 'us-east', lat: 38.95, lon: -77.45, country: 'US', utcOffsetHours: -5, nodes: 8, nodeCores: 384 },
  { name: 'ap-south', lat: 19.08, lon: 72.88, country: 'IN', utcOffsetHours: 5.5, nodes: 4, nodeCores: 96 },
  {
    name: 'ap-northeast',
    lat: 35.68,
    lon: 139.69,
    country: 'JP',
    utcOffsetHours: 9,
    nodes: 4,
    nodeCores: 256,
  },
  { name: 'sa-east', lat: -23.55, lon: -46.63, country: 'BR', utcOffsetHours: -3, nodes: 4, nodeCores: 192 },
];

export const worldTenants: readonly WorldTenant[] = [
  { id: 't1', homeRegion: 'eu-west', tier: 'standard' },
  { id: 'test', homeRegion: 'us-east', tier: 'free' },
  { id: 'test_tenant', homeRegion: 'eu-west', tier: 'free' },
  { id: 'acme-retail', homeRegion: 'eu-west', tier: 'premium' },
  { id: 'borealis-bank', homeRegion: 'eu-west', tier: 'critical' },
  { id: 'cobalt-health', homeRegion: 'us-east', tier: 'critical' },
  { id: 'delta-games', homeRegion: 'ap-south', tier: 'premium' },
  { id: 'ember-logistics', homeRegion: 'sa-east', tier: 'standard' },
  { id: 'fjord-media', homeRegion: 'eu-west', tier: 'standard' },
  { id: 'granite-mining', homeRegion: 'sa-east', tier: 'premium' },
  { id: 'harbor-insurance', homeRegion: 'us-east', tier: 'critical' },
  { id: 'iris-robotics', homeRegion: 'ap-northeast', tier: 'premium' },
];

type Line = [
  id: string,
  region: string,
  kind: ServiceKind,
  replicas: number,
  cores: number,
  requestsPerSecond: number,
];

const byTenant: Record<string, Line[]> = {
  t1: [
    ['service-x', 'eu-west', 'api', 2, 8, 240],
    ['t1-web', 'eu-west', 'web', 3, 4, 410],
    ['t1-db', 'eu-west', 'database', 2, 16, 130],
  ],
  test: [
    ['test-api', 'us-east', 'api', 1, 2, 20],
    ['test-worker', 'us-east', 'worker', 1, 2, 8],
  ],
  test_tenant: [
    ['test-tenant-api', 'eu-west', 'api', 1, 2, 18],
    ['test-tenant-web', 'eu-west', 'web', 1, 2, 35],
  ],
  'acme-retail': [
    ['acme-checkout', 'eu-west', 'api', 8, 16, 900],
    ['acme-storefront', 'eu-west', 'web', 6, 16, 2600],
    ['acme-search', 'eu-west', 'cache', 4, 16, 1800],
    ['acme-orders-db', 'eu-west', 'database', 3, 32, 620],
  ],
  'borealis-bank': [
    ['borealis-payments', 'eu-west', 'api', 12, 32, 1100],
    ['borealis-ledger-db', 'eu-west', 'database', 6, 64, 900],
    ['borealis-fraud', 'eu-west', 'worker', 8, 32, 480],
    ['borealis-portal', 'eu-west', 'web', 6, 16, 1500],
  ],
  'cobalt-health': [
    ['cobalt-records', 'us-east', 'api', 8, 32, 640],
    ['cobalt-records-db', 'us-east', 'database', 4, 64, 510],
    ['cobalt-imaging', 'us-east', 'worker', 6, 32, 90],
    ['cobalt-portal', 'us-east', 'web', 6, 16, 880],
  ],
  'delta-games': [
    ['delta-match', 'ap-south', 'api', 8, 16, 3100],
    ['delta-sessions', 'ap-south', 'cache', 6, 16, 5200],
    ['delta-events', 'ap-northeast', 'queue', 5, 16, 2400],
    ['delta-web', 'ap-northeast', 'web', 6, 16, 1900],
  ],
  'ember-logistics': [
    ['ember-routing', 'sa-east', 'api', 4, 16, 260],
    ['ember-tracking', 'sa-east', 'queue', 3, 8, 700],
    ['ember-db', 'sa-east', 'database', 2, 32, 180],
  ],
  'fjord-media': [
    ['fjord-stream', 'eu-west', 'web', 5, 16, 1400],
    ['fjord-encode', 'eu-west', 'worker', 4, 16, 40],
    ['fjord-catalogue', 'us-east', 'api', 2, 8, 350],
  ],
  'granite-mining': [
    ['granite-telemetry', 'sa-east', 'queue', 6, 16, 2100],
    ['granite-planning', 'sa-east', 'worker', 5, 16, 60],
    ['granite-db', 'sa-east', 'database', 3, 32, 240],
  ],
  'harbor-insurance': [
    ['harbor-quotes', 'us-east', 'api', 10, 32, 720],
    ['harbor-claims', 'us-east', 'worker', 8, 32, 150],
    ['harbor-policies-db', 'us-east', 'database', 4, 64, 430],
    ['harbor-portal', 'us-east', 'web', 6, 16, 960],
  ],
  'iris-robotics': [
    ['iris-control', 'ap-northeast', 'api', 8, 16, 1300],
    ['iris-vision', 'ap-northeast', 'worker', 6, 32, 220],
    ['iris-telemetry', 'ap-northeast', 'queue', 4, 16, 2900],
    ['iris-db', 'ap-northeast', 'database', 3, 32, 310],
  ],
};

export const worldServices: readonly WorldService[] = Object.entries(byTenant).flatMap(([tenantId, lines]) =>
  lines.map(([id, region, kind, baseReplicas, cores, baseRps]) => ({
    id,
    tenantId,
    region,
    kind,
    baseReplicas,
    cores,
    baseRps,
  })),
);

export const worldNodes: readonly WorldNode[] = worldRegions.flatMap(region =>
  Array.from({ length: region.nodes }, (_, i) => ({
    id: `${region.name}-node-${i + 1}`,
    region: region.name,
    cores: region.nodeCores,
  })),
);

const dearness: Record<string, number> = {
  'eu-west': 1,
  'us-east': 0.92,
  'ap-south': 0.84,
  'ap-northeast': 1.18,
  'sa-east': 1.31,
};

export const worldPrices: readonly WorldPrice[] = worldRegions.flatMap(({ name }) => {
  const price = (sku: WorldPrice['sku'], base: number): WorldPrice => ({
    region: name,
    sku,
    unitPrice: Math.round(base * (dearness[name] ?? 1) * 1e5) / 1e5,
    currency: 'EUR',
  });
  return [price('core-hour', 0.041), price('gb-month', 0.092), price('gb-egress', 0.07)];
});

const radians = Math.PI / 180;

/** One way, in milliseconds: light in glass along the great circle, and the detours of real cables. */
export function latencyMs(a: WorldRegion, b: WorldRegion): number {
  if (a.name === b.name) return 0.4;
  const [latA, latB] = [a.lat * radians, b.lat * radians];
  const cos =
    Math.sin(latA) * Math.sin(latB) + Math.cos(latA) * Math.cos(latB) * Math.cos((a.lon - b.lon) * radians);
  return (Math.acos(Math.min(1, Math.max(-1, cos))) * 6371 * 1.4) / 200;
}
