import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#kernel/clock/clock.ts';
import { type Database, openDatabase } from '#kernel/db/database.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { person } from '#scripts/testing/database.ts';
import { type FailoverWorld, failoverWorld, refused } from '#scripts/testing/failover.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { until } from '#scripts/testing/until.ts';
import { createCaller } from '#server/root.ts';
import { snapshotStore } from '../recovery/service/files.ts';
import { runSnapshot } from '../recovery/service/perform.ts';
import { recoverInto } from '../recovery/service/recover.ts';
import { withScratchServer } from '../recovery/service/scratch.ts';
import { requestSnapshot } from '../recovery/service.ts';
import { lookAtStreams } from '../replication/service.ts';
import { oneWriter } from './controls.ts';
import { assignWrites, decideRoles, keepLeases, readFailover, runFailover, settleRoles } from './service.ts';

const home = mkdtempSync(join(tmpdir(), 'atom-recovered-'));
beforeAll(() => loadEnvForTest({ ATOM_HOME: home, ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' }));
afterAll(() => rmSync(home, { recursive: true }));
const { world, eu, us } = failoverWorld();

/** In eu-west, then in us-east. */
const writes = async () => [await world.write('eu-west'), await world.write('us-east')];
type Ctx = ReturnType<FailoverWorld['ctx']>;
const taken = async () => {
  const { id } = await requestSnapshot(world.ctx(), 'demand');
  await runSnapshot(world.ctx(), id);
  return id;
};
/** Another machine, where the console is put back as the snapshot has it; the regions are the same ones. */
const recovered = (
  id: string,
  use: (ctx: Ctx, roles: { regions: string[]; runs: string[]; moves: string[] }) => Promise<void>,
) =>
  withScratchServer(async url => {
    const { roles } = await recoverInto(url, snapshotStore(), id, systemClock);
    const database: Database = openDatabase(url);
    try {
      await use(systemContext('test', database, systemClock), roles);
    } finally {
      await database.close();
    }
  });
/** What the worker's loops would do, and the leases that were given before have lapsed. */
const round = async (ctx: Ctx) => {
  await keepLeases(ctx);
  await settleRoles(ctx);
  await assignWrites(ctx);
  await keepLeases(ctx);
};
const lapse = async () => {
  for (const at of [eu(), us()])
    await at.query(
      "update atom_region.write_lease set expires_at = clock_timestamp() - interval '1 millisecond'",
    );
};
const rolesOf = async (ctx: Ctx) =>
  Object.fromEntries((await readFailover(ctx)).regions.map(r => [r.region, r] as const));
const entries = async (ctx: Ctx, type: string) =>
  (await ctx.database.pool('atom_owner').query('select 1 from ledger_entry where type = $1', [type]))
    .rowCount;

describe('after the console was rebuilt', () => {
  it('the old primary refuses writes, where a failover came after the snapshot, until people say who writes', async () => {
    const snapshot = await taken();
    await world.switched('eu-west', 'us-east');
    await keepLeases(world.ctx()); // as the worker goes on doing
    expect(await writes()).toEqual([refused, 'accepted']);
    await lapse();
    await recovered(snapshot, async (ctx, roles) => {
      expect(roles).toEqual({ regions: ['eu-west', 'us-east'], runs: [], moves: [] });
      // As it came back it holds eu-west for the writer, and would have given it the lease.
      expect((await rolesOf(ctx))['eu-west']).toMatchObject({ writes: true, epoch: 1 });
      await round(ctx);
      expect(await writes()).toEqual([refused, refused]);
      const { 'eu-west': west, 'us-east': east } = await rolesOf(ctx);
      expect(west?.unknown?.against).toContain('its fence was closed at epoch 2');
      expect(east?.unknown).toMatchObject({
        found: { answers: true, leaseEpoch: 2, writtenAt: expect.any(String) },
        against: expect.stringContaining('given the right to write under epoch 2'),
      });
      expect(await oneWriter.run(ctx)).toMatchObject({ result: 'BLOCKED' });
      await expect(world.begin('eu-west', 'us-east', ctx)).rejects.toMatchObject({
        code: 'failover.roles_unknown',
      });

      const allow = (countries: string) =>
        ctx.database
          .pool('atom_owner')
          .query("update tenant set allowed_countries = $1 where id = 't1'", [countries]);
      await allow('{IE}');
      await expect(decideRoles(ctx, { region: 'us-east', reason: 'it wrote last' })).rejects.toMatchObject({
        ...{ code: 'failover.residency', message: expect.stringContaining('t1 allows IE only') },
      });
      expect(await entries(ctx, 'failover.decided')).toBe(0);
      await allow('{}');
      const made = await decideRoles(ctx, { region: 'us-east', reason: 'it wrote last' });
      if (!('steps' in made)) throw new Error('It waits for people.');
      expect(made.epoch).toBe(3);
      expect(await entries(ctx, 'failover.decided')).toBe(1);
      await runFailover(ctx, made.id);
      await round(ctx);
      expect(await writes()).toEqual([refused, 'accepted']);
      expect(await rolesOf(ctx)).toMatchObject({
        'eu-west': { writes: false, epoch: 3, unknown: null },
        'us-east': { writes: true, epoch: 3, unknown: null },
      });
      await lookAtStreams(ctx);
      expect((await oneWriter.run(ctx)).result).toBe('PASS');
    });
  }, 600_000);

  it('a failover that was under way is ended with the reason, and a decision for the former writer fences the other', async () => {
    // The console that was lost goes on here as if nothing had been; its epochs lie behind.
    await world.bed.rows("update region_write set epoch = 3, writes = region = 'us-east'");
    await lapse();
    await keepLeases(world.ctx());
    await world.bed.rows(`insert into failover_run (id, from_region, to_region, dry, automatic, state, epoch, reason, by, steps, facts, simulated, started_at)
      values (gen_random_uuid(), 'us-east', 'eu-west', false, false, 'running', 4, 'x', 'x',
        '[{"name":"fence","title":"x","state":"running","startedAt":null,"endedAt":null,"said":null}]', '{"streams":[]}', false, now())`);
    await world.bed.rows("update region_write set fencing = true where region = 'us-east'");
    await world.bed.rows(`insert into tenant_move (id, tenant_id, from_region, to_region, dry, state, reason, by, plan, steps, simulated, started_at)
      values (gen_random_uuid(), 't1', 'eu-west', 'us-east', false, 'running', 'x', 'x', '{}',
        '[{"name":"check","title":"x","state":"done","said":"x"},{"name":"settle","title":"x","state":"running","said":null}]', false, now())`);
    const snapshot = await taken();
    await world.bed.rows("delete from failover_run where state = 'running'");
    await world.bed.rows('delete from tenant_move');
    await world.bed.rows("update region_write set fencing = false where region = 'us-east'");
    await recovered(snapshot, async (ctx, roles) => {
      expect(roles.runs).toHaveLength(1);
      const { running } = await readFailover(ctx);
      expect(running).toEqual([]);
      const [run] = (
        await ctx.database
          .pool('atom_owner')
          .query('select state, facts, steps from failover_run where id = $1', [roles.runs[0]])
      ).rows;
      expect(run).toMatchObject({ state: 'failed', steps: [{ state: 'failed' }] });
      expect(run.facts.message).toContain('Interrupted: the console was rebuilt');
      // Nor is a move of then: it would keep every other one of its tenant away.
      const moves = await ctx.database
        .pool('atom_owner')
        .query('select id, state, message, steps from tenant_move');
      expect(moves.rows).toMatchObject([
        {
          ...{ id: roles.moves[0], state: 'failed', steps: [{ state: 'done' }, { state: 'failed' }] },
          message: expect.stringMatching(/^Interrupted: .* Its home is eu-west\.$/),
        },
      ]);
      await us().query("select setval('atom_region.fence', 9)");
      await round(ctx);
      expect((await rolesOf(ctx))['us-east']?.unknown?.against).toContain('epoch 9');
      const made = await decideRoles(ctx, { region: 'us-east', reason: 'it is the one' });
      if (!('steps' in made)) throw new Error('It waits for people.');
      expect(made).toMatchObject({ epoch: 10, from: 'eu-west', to: 'us-east' });
      await runFailover(ctx, made.id);
      expect(await writes()).toEqual([refused, 'accepted']);
      expect(await eu().query('select last_value::int as v from atom_region.fence')).toEqual([{ v: 10 }]);
    });
  }, 600_000);

  it('roles that every region confirms are taken up by themselves; a silent one keeps them open', async () => {
    await world.bed.rows("update region_write set epoch = 10, writes = region = 'us-east'");
    await lapse();
    const snapshot = await taken();
    await recovered(snapshot, async ctx => {
      eu().freeze();
      try {
        await round(ctx);
        expect((await rolesOf(ctx))['eu-west']?.unknown?.against).toContain('does not answer');
        expect(await world.write('us-east')).toBe(refused);
      } finally {
        eu().thaw();
      }
      // One round may still find its connections as they were left when it stood still.
      await until('the roles to be confirmed', async () => {
        await round(ctx);
        return (await entries(ctx, 'failover.roles_confirmed')) === 1;
      });
      expect(await writes()).toEqual([refused, 'accepted']);
      expect((await rolesOf(ctx))['us-east']).toMatchObject({ writes: true, epoch: 10, unknown: null });
    });
  }, 600_000);
});

describe('without a recovery', () => {
  it('a region that knows of a later epoch than the console puts its role in doubt', async () => {
    await keepLeases(world.ctx());
    expect(await world.write('us-east')).toBe('accepted');
    await us().query("select setval('atom_region.fence', 12)");
    await keepLeases(world.ctx());
    await keepLeases(world.ctx());
    expect((await rolesOf(world.ctx()))['us-east']?.unknown?.against).toContain('epoch 12');
    expect(await entries(world.ctx(), 'failover.roles_doubted')).toBe(1);
    expect(await world.write('us-east')).toBe(refused);
  });

  it('to decide needs the permission, and an approval', async () => {
    const as = (role: 'operator' | 'auditor') => createCaller(world.bed.as(person(role))).edgeRouting;
    await expect(as('auditor').decide({ region: 'us-east', reason: 'test' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await as('operator').decide({ region: 'us-east', reason: 'test' })).toMatchObject({
      status: 'approval_required',
    });
    await expect(decideRoles(world.ctx(), { region: 'eu-west', reason: 'test' })).rejects.toMatchObject({
      code: 'failover.roles_known',
    });
  });
});
