import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import type { TestBed } from './database.ts';
import { registerTestRegion } from './regions.ts';

/** One region with one simulated tenant in it: what most tests of actions need. */
export async function simulatedHome(bed: TestBed, id = 't1', region = 'eu-west'): Promise<void> {
  await registerTestRegion(bed, { name: region, country: 'IE' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id, name: id, environment: 'simulation', homeRegion: region }),
  );
}
