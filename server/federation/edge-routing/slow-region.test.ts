import pg from 'pg';
import { expect, it } from 'vitest';
import { regionServer } from '#kernel/regions/servers.ts';
import { failoverWorld, refused } from '#scripts/testing/failover.ts';
import { until } from '#scripts/testing/until.ts';
import { keepLeases } from './service.ts';

const { world, eu, us } = failoverWorld();

/** Rounds of renewals, until the lease that it holds now would have lapsed without them: it accepts writes all the time. */
const outlives = async () => {
  const [lease] = await us().query<{ ends: string }>(
    'select expires_at::text as ends from atom_region.write_lease',
  );
  await until('the first lease to be over', async () => {
    await keepLeases(world.ctx());
    expect(await world.write('us-east')).toBe('accepted');
    const [row] = await us().query<{ is: boolean }>('select clock_timestamp() > $1::timestamptz as is', [
      lease?.ends,
    ]);
    return row?.is === true;
  });
};

it('an old primary that rejoins slowly never costs the new one its lease', async () => {
  const holding = new pg.Client({ connectionString: regionServer('eu-west')?.dsn });
  holding.on('error', () => {});
  await holding.connect();
  try {
    // Whatever asks there for its subscriptions waits, as on a server that is overloaded; it answers all the same.
    await holding.query('begin; lock table pg_catalog.pg_subscription in access exclusive mode');
    const run = await world.switched('eu-west', 'us-east');
    expect(run.steps.at(-1)?.said).toBe('eu-west follows as soon as it answers');
    await keepLeases(world.ctx());
    await outlives();
    expect(await world.stateOf('eu-us-back')).toBe('detached');
  } finally {
    await holding.end();
  }
  await until('eu-west to follow', async () => {
    await keepLeases(world.ctx());
    return (await world.stateOf('eu-us-back')) === 'active';
  });
  expect(await world.write('eu-west')).toBe(refused);
}, 120_000);

it('nor does one whose server refuses what it is asked', async () => {
  await eu().query(
    'alter table atom_region.write_lease rename to write_lease_away; create view atom_region.write_lease as select 1 as one',
  );
  try {
    await keepLeases(world.ctx());
    await outlives();
  } finally {
    await eu().query(
      'drop view atom_region.write_lease; alter table atom_region.write_lease_away rename to write_lease',
    );
  }
}, 300_000);
