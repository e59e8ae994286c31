import { afterAll, beforeAll, expect, it } from 'vitest';
import { simulationPrincipal } from '#kernel/auth/principal.ts';
import { bindRegionServers } from '#kernel/regions/servers.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createCaller } from '#server/root.ts';
import { createTenantInput } from '../tenants/schema.ts';
import { createTenant } from '../tenants/service.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  for (const name of ['eu-west', 'us-east', 'ap-south'])
    await registerTestRegion(bed, { name, country: 'IE' });
  await bed.rows("update region set simulated = false where id = 'us-east'");
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 't1', name: 't1', environment: 'simulation', homeRegion: 'eu-west' }),
  );
});
afterAll(async () => {
  bindRegionServers(null);
  await bed.close();
});

const api = () => createCaller(bed.as(person('operator')));
/** What each page and interface calls each region. */
async function called() {
  const [list, one, status, streams, route] = await Promise.all([
    api().regions.list({}),
    api().regions.get({ name: 'eu-west' }),
    api().regions.status({}),
    api().replication.status({}),
    api().edgeRouting.route({ tenant: 't1' }),
  ]);
  return {
    list: Object.fromEntries(list.rows.map(r => [r.id, [r.database, r.simulated]])),
    one: [one.database, one.simulated],
    status: Object.fromEntries(status.regions.map(r => [r.name, [r.database, r.simulated]])),
    streams: Object.fromEntries(streams.regions.map(r => [r.region, r.kind])),
    route: Object.fromEntries(route.regions.map(r => [r.region, r.simulated])),
  };
}

it('a region is called real where its database is, and everywhere the same', async () => {
  bindRegionServers([{ region: 'eu-west', dsn: 'postgresql://nobody@127.0.0.1:1/region', embedded: true }]);
  const rows = {
    'ap-south': ['simulated', true],
    'eu-west': ['embedded', false],
    'us-east': ['unconnected', false],
  };
  expect(await called()).toEqual({
    list: rows,
    one: rows['eu-west'],
    status: rows,
    streams: { 'ap-south': 'simulated', 'eu-west': 'embedded', 'us-east': 'unconnected' },
    route: { 'ap-south': true, 'eu-west': false, 'us-east': false },
  });
  expect((await api().regions.get({ name: 'eu-west' })).simulatedPulse).toBe(true);
  bindRegionServers([{ region: 'eu-west', dsn: 'postgresql://nobody@127.0.0.1:1/region', embedded: false }]);
  expect((await called()).one).toEqual(['own', false]);
  bindRegionServers([]);
  expect((await called()).one).toEqual(['simulated', true]);
});

it('who may see the simulated world only still sees a region of it whose database is real', async () => {
  bindRegionServers([{ region: 'eu-west', dsn: 'postgresql://nobody@127.0.0.1:1/region', embedded: true }]);
  const { rows } = await createCaller(bed.as(simulationPrincipal)).regions.list({});
  expect(rows.map(r => r.id)).toEqual(['ap-south', 'eu-west']);
});
