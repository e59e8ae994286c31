import { afterAll, beforeAll, expect, it } from 'vitest';
import { tenantScope } from '#kernel/trpc/scope.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { seedRegions } from '../../prisma/seed/regions.ts';
import { seedTenants } from '../../prisma/seed/tenants.ts';
import { worldRegions, worldTenants } from './catalogue.ts';
import type { WorldCommand } from './schema.ts';
import { appendWorldCommand, loadWorld } from './state.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const append = (command: WorldCommand, at = bed.clock.now(), key?: string) =>
  bed.database.write(bed.system.scope, tx => appendWorldCommand(tx, command, at, key));
const scale = (replicas: number): WorldCommand => ({ kind: 'service.scale', service: 'service-x', replicas });
const load = () => loadWorld(bed.system.db, bed.clock.now());

it('every process sees what any of them appended, from then on', async () => {
  const before = bed.clock.now().getTime();
  expect((await load()).serviceAt('service-x', before).replicas).toBe(2);
  bed.clock.advance(60_000);
  await append(scale(5));
  const world = await load();
  expect(world.serviceAt('service-x', before).replicas).toBe(2);
  expect(world.serviceAt('service-x', bed.clock.now().getTime()).replicas).toBe(5);
});

it('the same key is one command, however often and at once it is asked', async () => {
  const places = await Promise.all([1, 2, 3].map(() => append(scale(7), bed.clock.now(), 'e1:0')));
  expect(new Set(places).size).toBe(1);
  expect((await load()).commands.filter(c => c.seq === places[0])).toHaveLength(1);
});

it('what is placed earlier than the last command holds from the last one on: history stays as it was', async () => {
  bed.clock.advance(60_000);
  const now = bed.clock.now().getTime();
  await append(scale(8));
  await append(scale(9), new Date(0));
  const world = await load();
  expect(world.serviceAt('service-x', now - 1).replicas).toBe(7);
  expect(world.serviceAt('service-x', now).replicas).toBe(9);
});

it('many at once get places without a gap, in the order in which they can be read', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, i) => append(scale(i))));
  const { commands } = await load();
  expect(commands.map(c => c.seq)).toEqual(commands.map((_, i) => i + 1));
});

it('a tenant’s own action changes it too, and nobody rewrites it', async () => {
  await bed.database.write(tenantScope('t1', 'simulated'), tx =>
    appendWorldCommand(tx, { kind: 'service.restart', service: 'service-x' }, bed.clock.now()),
  );
  expect((await load()).commands.at(-1)?.command.kind).toBe('service.restart');
  for (const change of ["update world_command set kind = 'x'", 'delete from world_command'])
    await expect(bed.rows(change)).rejects.toThrow(/append|change|refus/i);
  await expect(bed.database.write(bed.system.scope, tx => tx.worldCommand.deleteMany())).rejects.toThrow();
});

it('refuses a command that is none', async () => {
  await expect(append({ kind: 'service.scale', service: 'X;', replicas: -1 })).rejects.toThrow();
});

it('knows the regions and tenants that the console is seeded with', async () => {
  await seedRegions(bed.system);
  await seedTenants(bed.system);
  const regions = await bed.rows('select id, country, lat, lon from region order by id');
  expect(regions).toEqual(
    [...worldRegions]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(r => ({ id: r.name, country: r.country, lat: r.lat, lon: r.lon })),
  );
  const tenants = await bed.rows('select id, home_region, tier from tenant order by id');
  const order = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
  expect([...(tenants as { id: string }[])].sort(order)).toEqual(
    [...worldTenants].sort(order).map(t => ({ id: t.id, home_region: t.homeRegion, tier: t.tier })),
  );
});
