import type { CommandContext } from '#kernel/trpc/context.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant, readTenant } from '#server/federation/tenants/service.ts';

const demo = [
  { id: 't1', name: 'Tenant one', homeRegion: 'eu-west', tier: 'standard', monthlyBudget: 4000 },
  { id: 'test', name: 'Test', homeRegion: 'us-east', tier: 'free' },
  { id: 'test_tenant', name: 'Test tenant', homeRegion: 'eu-west', tier: 'free' },
  {
    id: 'acme-retail',
    name: 'Acme Retail',
    homeRegion: 'eu-west',
    tier: 'premium',
    allowedCountries: ['IE'],
    dataClasses: ['personal'],
    consents: ['analytics', 'federated-learning'],
    monthlyBudget: 18_000,
  },
  {
    id: 'borealis-bank',
    name: 'Borealis Bank',
    homeRegion: 'eu-west',
    tier: 'critical',
    allowedRegions: ['eu-west'],
    dataClasses: ['personal', 'financial'],
    monthlyBudget: 42_000,
  },
  {
    id: 'cobalt-health',
    name: 'Cobalt Health',
    homeRegion: 'us-east',
    tier: 'critical',
    allowedCountries: ['US'],
    dataClasses: ['personal', 'health'],
    consents: ['replication'],
    monthlyBudget: 31_000,
  },
  {
    id: 'delta-games',
    name: 'Delta Games',
    homeRegion: 'ap-south',
    tier: 'premium',
    allowedRegions: ['ap-south', 'ap-northeast'],
    consents: ['analytics', 'replication', 'sharing'],
    monthlyBudget: 26_000,
  },
  {
    id: 'ember-logistics',
    name: 'Ember Logistics',
    homeRegion: 'sa-east',
    tier: 'standard',
    monthlyBudget: 9000,
  },
  {
    id: 'fjord-media',
    name: 'Fjord Media',
    homeRegion: 'eu-west',
    tier: 'standard',
    consents: ['analytics'],
    monthlyBudget: 7500,
  },
  {
    id: 'granite-mining',
    name: 'Granite Mining',
    homeRegion: 'sa-east',
    tier: 'premium',
    dataClasses: ['internal'],
    monthlyBudget: 15_000,
  },
  {
    id: 'harbor-insurance',
    name: 'Harbor Insurance',
    homeRegion: 'us-east',
    tier: 'critical',
    allowedCountries: ['US'],
    dataClasses: ['personal', 'financial'],
    monthlyBudget: 38_000,
  },
  {
    id: 'iris-robotics',
    name: 'Iris Robotics',
    homeRegion: 'ap-northeast',
    tier: 'premium',
    dataClasses: ['internal'],
    consents: ['federated-learning'],
    monthlyBudget: 21_000,
  },
];

export const demoTenants: readonly string[] = demo.map(tenant => tenant.id);

export async function seedTenants(ctx: CommandContext): Promise<void> {
  for (const tenant of demo) {
    if (await readTenant(ctx, tenant.id).catch(() => null)) continue;
    await createTenant(ctx, createTenantInput.parse({ ...tenant, environment: 'simulation' }));
  }
}
