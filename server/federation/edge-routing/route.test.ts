import { expect, it } from 'vitest';
import { simulationPrincipal } from '#kernel/auth/principal.ts';
import { person } from '#scripts/testing/database.ts';
import { failoverWorld, refused } from '#scripts/testing/failover.ts';
import { createCaller } from '#server/root.ts';
import { keepLeases } from './service.ts';

const { world } = failoverWorld();
const near = { lat: 53, lon: -6 };
const route = async (as = person('operator')) => {
  await keepLeases(world.ctx());
  return createCaller(world.bed.as(as)).edgeRouting.route({ tenant: 't1', location: near });
};

it('after a failover the route leads to the writer, whoever asks; after the way back to the old one again', async () => {
  await world.bed.rows("update region set lat = 53, lon = -6 where id = 'eu-west'");
  await world.bed.rows("update region set lat = 39, lon = -77 where id = 'us-east'");
  expect(await route()).toMatchObject({ region: 'eu-west', readOnly: null });
  expect(await world.switched('eu-west', 'us-east')).toMatchObject({ state: 'done' });
  expect([await world.write('eu-west'), await world.write('us-east')]).toEqual([refused, 'accepted']);
  for (const who of [person('operator'), simulationPrincipal]) {
    const { region, readOnly, regions } = await route(who);
    expect([region, readOnly]).toEqual(['us-east', null]);
    expect(regions.map(r => [r.region, r.rank, r.right])).toEqual([
      ['us-east', 1, 'writes'],
      ['eu-west', 2, 'refuses'],
    ]);
    expect(regions[1]?.reasons).toContain(
      'right to write: it may only be read: us-east writes for eu-west since epoch 2',
    );
  }

  // Residency wins over the right to write: the writer is refused by name, and what is left may only be read.
  await world.bed.rows("update tenant set allowed_countries = '{IE}' where id = 't1'");
  const bound = await route();
  expect(bound).toMatchObject({ region: 'eu-west', refusal: null });
  expect(bound.regions.find(r => r.region === 'us-east')).toMatchObject({ kept: false, rank: null });
  expect(bound.readOnly).toMatch(/it may only be read.*us-east is not kept \(residency: /);
  await world.bed.rows("update tenant set allowed_countries = '{}' where id = 't1'");

  await world.follows('us-east', 'eu-west');
  expect(await world.switched('us-east', 'eu-west')).toMatchObject({ state: 'done' });
  expect(await route()).toMatchObject({ region: 'eu-west', readOnly: null });
}, 300_000);
