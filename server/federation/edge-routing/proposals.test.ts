import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '#kernel/db/database.ts';
import { testPerson } from '#scripts/testing/approvers.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { simulatedPair } from '#scripts/testing/simulated-pair.ts';
import { runDue } from '#server/governance/approvals/service/due.ts';
import { createCaller } from '#server/root.ts';
import { appendWorldCommand } from '#server/world/state.ts';
import { createTenantInput } from '../tenants/schema.ts';
import { createTenant } from '../tenants/service.ts';
import { askObservers, judgeLosses, keepLeases } from './service.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'ap-south', country: 'IN' });
  await registerTestRegion(bed, { name: 'ap-northeast', country: 'JP' });
  await createTenant(
    bed.system,
    createTenantInput.parse({ id: 'd', name: 'd', environment: 'simulation', homeRegion: 'ap-south' }),
  );
  await simulatedPair(bed, 'd');
});
afterAll(() => bed.close());

const api = () => createCaller(bed.as(person('operator'))).edgeRouting;
const world = async (kind: 'region.fail' | 'region.restore') => {
  await bed.database.write(bed.system.scope, tx =>
    appendWorldCommand(tx, { kind, region: 'ap-south' }, bed.clock.now()),
  );
  bed.clock.advance(1_000);
};
/** As the worker's loops do, for long enough that observers can agree. */
const looked = async (ctx = bed.system) => {
  for (let i = 0; i < 2; i += 1) {
    await keepLeases(bed.system);
    await askObservers(bed.system);
    bed.clock.advance(4_000);
  }
  await keepLeases(bed.system);
  await askObservers(bed.system);
  await judgeLosses(ctx);
};
const requests = () =>
  bed.rows<{ id: string; state: string }>(
    "select id::text, state from approval_request where procedure = 'edgeRouting.execute' order by created_at",
  );
const states = async () => (await requests()).map(r => r.state);
const told = async (type: string) =>
  (await bed.rows('select 1 from ledger_entry where type = $1', [type])).length;

it('each loss is proposed: after a failed try, after a denial and a new loss, and after nobody answered', async () => {
  await api().settings({ automatic: true, holdDownMinutes: 0, maxPerHour: 60 });
  const approver = await testPerson(bed, 'approver', ['approver']);
  await world('region.fail');
  await looked();
  expect(await states()).toEqual(['pending']);
  await judgeLosses(bed.system);
  expect(await states()).toEqual(['pending']);

  const { approvals } = await approver.caller();
  const [{ id } = { id: '' }] = await requests();
  const { challengeId } = await approvals.prepare({ id, decision: 'deny' });
  await approvals.decide({ challengeId, proof: { kind: 'totp', code: approver.code() }, reason: 'not now' });
  await looked();
  expect(await states()).toEqual(['denied']);

  await world('region.restore');
  await looked();
  await world('region.fail');
  await api().settings({ automatic: false });
  await looked();
  await api().settings({ automatic: true });
  // What is asked cannot be written down the first time.
  const broken: Database = { ...bed.database, write: () => Promise.reject(new Error('no disk')) };
  await judgeLosses({ ...bed.system, database: broken, commit: () => Promise.reject(new Error('no disk')) });
  await looked();
  expect(await states()).toEqual(['denied', 'pending']);
  expect(await told('failover.down')).toBe(2);

  bed.clock.advance(7 * 86_400_000);
  await runDue(bed.system);
  await looked();
  expect(await states()).toEqual(['denied', 'expired', 'pending']);
}, 120_000);

it('a reason why nothing is proposed is told once, however long it lasts', async () => {
  await world('region.restore');
  await looked();
  await bed.rows(
    `insert into failover_run (id, from_region, to_region, dry, automatic, state, epoch, reason, by, steps, facts, simulated, started_at)
     select gen_random_uuid(), 'a', 'b', false, false, 'done', 9, 'x', 'x', '[]', '{}', true, $1::timestamptz - n * interval '1 minute'
     from generate_series(1, 25) n`,
    [bed.clock.now()],
  );
  await api().settings({ holdDownMinutes: 30 });
  await world('region.fail');
  for (let i = 0; i < 4; i += 1) {
    await looked();
    bed.clock.advance(120_000);
  }
  expect(await told('failover.held')).toBe(1);
});

it('the limit for an hour holds at any number that can be set', async () => {
  await api().settings({ holdDownMinutes: 0, maxPerHour: 21 });
  expect((await api().status({})).breaker).toMatch(/2\d failovers within the hour; at most 21/);
  await api().settings({ maxPerHour: 26 });
  expect((await api().status({})).breaker).toBeNull();
});
