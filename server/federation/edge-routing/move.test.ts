import { beforeAll, describe, expect, it } from 'vitest';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { bindRegionServers, regionServers } from '#kernel/regions/servers.ts';
import { testPerson } from '#scripts/testing/approvers.ts';
import { person } from '#scripts/testing/database.ts';
import { failoverWorld } from '#scripts/testing/failover.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { releaseApproval } from '#server/governance/approvals/service/release.ts';
import { createCaller } from '#server/root.ts';
import { compareTable, requestVerify } from '../replication/service.ts';
import { createTenantInput } from '../tenants/schema.ts';
import { createTenant, readTenant } from '../tenants/service.ts';
import { moveInput } from './schema/move.ts';
import { endMove } from './service/move.ts';
import { endStrayMoves, moveTenant, runMove } from './service.ts';

const { world, eu } = failoverWorld();
beforeAll(async () => {
  await registerTestRegion(world.bed, { name: 'ap-south', country: 'IN' });
  for (const [id, more] of [
    ['bare', {}],
    ['prod', { environment: 'production' }],
    ['loose', { allowedCountries: ['IE', 'US'] }],
  ] as const)
    await createTenant(
      world.bed.system,
      createTenantInput.parse({ id, name: id, environment: 'staging', homeRegion: 'eu-west', ...more }),
    );
  await eu().query(
    `begin; set local session_replication_role = replica;
     insert into app.customer (id, tenant_id, name, country, segment) values (9001, 'loose', 'x', 'IE', 'retail'); commit`,
  );
});

const api = () => createCaller(world.bed.as(person('operator'))).edgeRouting;
const plan = (tenant: string, to = 'us-east') => api().movePlan({ tenant, to });
const home = async (id: string) => (await readTenant(world.ctx(), id)).homeRegion;
const move = async (tenant: string, to: string) => {
  const made = await moveTenant(world.ctx(), moveInput.parse({ tenant, to, reason: 'test' }));
  if (!('steps' in made)) throw new Error('It waits for people.');
  await runMove(world.ctx(), made.id);
  return (await api().moves({ tenant })).moves[0];
};
const code = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    error => error.cause?.code ?? error.code,
  );
const entries = async (tenant: string) =>
  (
    await world.bed.rows<{ type: string }>(
      "select type from ledger_entry where target = $1 and type ~ '^(move|tenant.moved)' order by id",
      [`tenant:${tenant}`],
    )
  ).map(row => row.type);

describe('a plan', () => {
  it('names the rows on both sides, who may write, and what keeps the tenant where it is', async () => {
    const found = await plan('t1');
    expect(found).toMatchObject({
      possible: false,
      way: 'mirror',
      writes: { home: true, there: false },
      rows: [
        { table: 'app.customer', home: 40, there: 40 },
        { table: 'app.orders', home: 120, there: 120 },
      ],
      streams: [{ id: 'eu-us', from: 'eu-west', to: 'us-east', health: 'streaming' }],
    });
    expect(found.obstacles.map(o => o.what)).toEqual([
      'us-east does not hold the right to write',
      'not found equal within a day: app.customer, app.orders of eu-us',
    ]);
    expect(found.stays.join(' ')).toContain('app.customer.email');
    expect(await code(api().move({ tenant: 't1', to: 'us-east', reason: 'test' }))).toBe('move.not_possible');
    expect(await home('t1')).toBe('eu-west');
  });

  it('finds rows that nobody mirrors, and what the tenant itself forbids', async () => {
    const found = await plan('loose');
    expect(found.obstacles[0]?.what).toBe(
      '1 rows of app.customer lie in eu-west, and no stream leads them to us-east',
    );
    expect((await plan('loose', 'ap-south')).obstacles.map(o => o.what)).toContain(
      'loose allows IE, US only, and ap-south is in IN',
    );
  });
});

/** The console as another login in eu-west, until `back`. */
function loggedIn(role: string) {
  const servers = regionServers();
  const as = (dsn: string) => {
    const url = new URL(dsn);
    [url.username, url.password] = [role, role];
    return url.toString();
  };
  const narrowed = servers.map(s => (s.region === 'eu-west' ? { ...s, dsn: as(s.dsn) } : s));
  const back = () => bindRegionServers(servers);
  bindRegionServers(narrowed);
  const asOwner = async (sql: string) => {
    back();
    await eu()
      .query(sql)
      .finally(() => bindRegionServers(narrowed));
  };
  return { asOwner, back };
}

describe('what cannot be seen is not taken for no rows', () => {
  const what = async (tenant: string, to = 'us-east') => (await plan(tenant, to)).obstacles.map(o => o.what);

  it('a tenant at home where no database is connected is not moved, and a move there says that it is not known', async () => {
    await registerTestRegion(world.bed, { name: 'eu-north', country: 'SE', environment: 'production' });
    await createTenant(
      world.bed.system,
      createTenantInput.parse({ id: 'far', name: 'far', environment: 'staging', homeRegion: 'eu-north' }),
    );
    const why = 'no database of eu-north is connected to this console';
    const found = await plan('far');
    expect(found.obstacles.map(o => o.what)).toEqual([why]);
    expect(found).toMatchObject({ copy: { rows: null, said: 'which rows lie in eu-north is not known' } });
    expect(await code(api().move({ tenant: 'far', to: 'us-east', reason: 'test' }))).toBe(
      'move.not_possible',
    );
    const there = await plan('t1', 'eu-north');
    expect(there.unseen).toEqual([why]);
    expect(there.rows[0]).toEqual({ table: 'app.customer', home: 40, there: null });
    // Of the simulated world the console knows itself what there is.
    expect((await plan('bare', 'ap-south')).unseen).toEqual([]);
  });

  it('nor one for whose regions nobody knows who writes', async () => {
    const unknown = (since: string) =>
      world.bed.rows(`update region_write set unknown_since = ${since} where region = 'us-east'`);
    await unknown('now()');
    expect(await what('bare')).toEqual([
      'It is not known who writes in us-east; people decide that on the page Failover first',
    ]);
    expect(await code(api().move({ tenant: 'bare', to: 'us-east', reason: 'test' }))).toBe(
      'move.not_possible',
    );
    await unknown('null');
    expect(await what('bare')).toEqual([]);
  });

  it('a tenant is named in a column of any type', async () => {
    await eu().query(`create schema zz; create table zz.u (id int, tenant_id uuid); create table zz.n (id int, tenant_id int);
      insert into zz.u values (1, gen_random_uuid()); insert into zz.n values (1, 1);
      create table zz.v (id int, tenant_id varchar(8)); insert into zz.v values (1, 'loose')`);
    expect(await what('bare')).toEqual([]);
    expect((await plan('loose')).rows).toContainEqual({ table: 'zz.v', home: 1, there: 0 });
    await eu().query('drop schema zz cascade');
  });

  it('nor one of whose region the console may not read a table: it is named with what mends it', async () => {
    await eu().query(`create role narrow login password 'narrow'; create schema zz; create table zz.closed (id int, tenant_id text);
      create table zz.seen (id int, tenant_id text); insert into zz.seen values (1, 'bare');
      grant usage on schema zz to narrow; grant select on zz.seen to narrow`);
    const { asOwner, back } = loggedIn('narrow');
    try {
      const found = await plan('bare');
      expect(found.unseen).toEqual([
        'zz.closed of eu-west could not be read (permission denied for table closed), so what lies in it is not known',
      ]);
      expect(found.rows).toContainEqual({ table: 'zz.seen', home: 1, there: 0 });
      const { mend = '' } = found.obstacles.find(o => o.what.startsWith('zz.closed')) ?? {};
      await asOwner(mend);
      expect((await plan('bare')).unseen).toEqual([]);
    } finally {
      back();
    }
    await eu().query('drop schema zz cascade; drop role narrow');
  });

  it('nor one whose region has more tables than are counted', async () => {
    expect(await what('bare')).toEqual([]);
    await eu().query(`create schema zz; do $$ begin for i in 1..199 loop
      execute format('create table zz.t%s (id int, tenant_id text)', i); end loop; end $$`);
    expect(await what('bare')).toEqual([
      '1 more tables of eu-west with tenant_id were not counted, so what lies in them is not known',
    ]);
    await eu().query('drop table zz.t1');
    expect(await what('bare')).toEqual([]);
    await eu().query('drop schema zz cascade');
  });
});

describe('a move', () => {
  it('cannot be made by editing the tenant', async () => {
    const { tenants } = createCaller(world.bed.as(person('operator')));
    await expect(
      tenants.update({ id: 'bare', version: 1, patch: { homeRegion: 'us-east' } as never }),
    ).rejects.toThrow(/homeRegion/);
  });

  it('dry, says the same steps and changes nothing', async () => {
    const dry = await api().move({ tenant: 'bare', to: 'us-east', reason: 'test', dryRun: true });
    expect(dry).toMatchObject({ dry: true, state: 'done', plan: { possible: true, way: 'record' } });
    expect(await home('bare')).toBe('eu-west');
    expect(await entries('bare')).toEqual(['move.previewed']);
  });

  it('of a tenant without rows switches the home, routing follows, and the way back is the same command', async () => {
    const before = await api().route({ tenant: 'bare' });
    expect(before.region).toBe('eu-west');
    const done = await move('bare', 'us-east');
    expect(done).toMatchObject({ state: 'done', message: null });
    expect(done?.steps.map(s => [s.name, s.state])).toEqual(
      ['check', 'switch', 'confirm', 'reverse'].map(name => [name, 'done']),
    );
    expect(done?.steps[2]?.said).toContain('led to us-east');
    expect(done?.steps[3]?.said).toBe('the way back to eu-west is open');
    expect(await home('bare')).toBe('us-east');
    expect((await api().route({ tenant: 'bare' })).region).toBe('us-east');
    expect(await entries('bare')).toEqual(['move.previewed', 'move.begun', 'tenant.moved', 'move.finished']);
    expect(await move('bare', 'eu-west')).toMatchObject({ state: 'done' });
    expect(await home('bare')).toBe('eu-west');
  });

  it('repeated after its process ended changes nothing twice', async () => {
    const made = await moveTenant(
      world.ctx(),
      moveInput.parse({ tenant: 'bare', to: 'us-east', reason: 'test' }),
    );
    const id = 'steps' in made ? made.id : '';
    expect(
      await code(moveTenant(world.ctx(), moveInput.parse({ tenant: 'bare', to: 'us-east', reason: 'x x' }))),
    ).toBe('move.running');
    await runMove(world.ctx(), id);
    const moved = (await entries('bare')).filter(type => type === 'tenant.moved').length;
    await world.bed.rows(
      "update tenant_move set state = 'running', steps = jsonb_set(steps, '{1,state}', '\"running\"') where id = $1",
      [id],
    );
    await runMove(world.ctx(), id);
    expect((await entries('bare')).filter(type => type === 'tenant.moved')).toHaveLength(moved);
    expect((await api().moves({ tenant: 'bare' })).moves[0]).toMatchObject({ id, state: 'done' });
  });

  describe('whose job is not there any more', () => {
    const begun = async (to: string) => {
      const made = await moveTenant(world.ctx(), moveInput.parse({ tenant: 'bare', to, reason: 'test' }));
      await createDispatcher(world.bed.database.pool('atom_owner')).step();
      return 'steps' in made ? made : expect.fail('it waits');
    };
    const last = async () => (await api().moves({ tenant: 'bare' })).moves[0];
    const takeAway = (id: string) =>
      world.bed.rows('delete from graphile_worker._private_jobs where key = $1', [`move:${id}`]);

    it('is ended with the reason once that ran out of tries, and another one may begin', async () => {
      const move = await begun('eu-west');
      await world.bed.rows(
        "update tenant_move set steps = jsonb_set(steps, '{0,state}', '\"running\"') where id = $1",
        [move.id],
      );
      await endStrayMoves(world.ctx());
      expect(await last()).toMatchObject({ id: move.id, state: 'running' });
      await world.bed.rows(
        "update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'us-east is silent' where key = $1",
        [`move:${move.id}`],
      );
      await endStrayMoves(world.ctx());
      const ended = await last();
      expect(ended).toMatchObject({
        ...{ id: move.id, state: 'failed', steps: [{ state: 'failed' }, { state: 'waiting' }, {}, {}] },
        message: expect.stringContaining('the last time: us-east is silent. The home is still us-east'),
      });
      expect((await entries('bare')).at(-1)).toBe('move.failed');
      // Whoever was still at it does not make it a success by that.
      await endMove(world.ctx(), move, null);
      await runMove(world.ctx(), move.id);
      expect(await last()).toEqual(ended);
      expect((await entries('bare')).at(-1)).toBe('move.failed');
    });

    it('is ended where somebody took the job away, and carried to its end where the home was switched', async () => {
      const cancelled = await begun('eu-west');
      await takeAway(cancelled.id);
      await endStrayMoves(world.ctx());
      expect(await last()).toMatchObject({
        ...{ id: cancelled.id, state: 'failed' },
        message: expect.stringContaining('its job was taken away'),
      });
      const switched = await begun('eu-west');
      await world.bed.rows("update tenant set home_region = 'eu-west' where id = 'bare'");
      await takeAway(switched.id);
      await endStrayMoves(world.ctx());
      expect(await last()).toMatchObject({ id: switched.id, state: 'done', message: null });
      expect((await entries('bare')).at(-1)).toBe('move.finished');
      expect(await move('bare', 'us-east')).toMatchObject({ state: 'done' });
    });
  });

  it('that is forbidden between the word and the switch fails and says why', async () => {
    const made = await moveTenant(
      world.ctx(),
      moveInput.parse({ tenant: 'bare', to: 'eu-west', reason: 'test' }),
    );
    await world.bed.rows("update tenant set allowed_regions = '{us-east}' where id = 'bare'");
    await runMove(world.ctx(), 'steps' in made ? made.id : '');
    expect((await api().moves({ tenant: 'bare' })).moves[0]).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('bare allows us-east only'),
    });
    expect(await home('bare')).toBe('us-east');
  });

  it('of a production tenant waits for an approver, and runs once somebody agreed', async () => {
    const operator = await testPerson(world.bed, 'operator', ['operator']);
    const approver = await testPerson(world.bed, 'approver', ['approver']);
    const asked = await (await operator.caller()).edgeRouting.move({
      ...{ tenant: 'prod', to: 'us-east', reason: 'nearer to its people' },
    });
    const requestId = 'requestId' in asked ? asked.requestId : '';
    expect(await home('prod')).toBe('eu-west');
    const open = async (tenant: string) =>
      (await approvals.list({ tenant, state: ['pending'] })).rows.map(r => r.id);
    const { approvals } = await approver.caller();
    expect([await open('prod'), await open('t1')]).toEqual([[requestId], []]);
    const { challengeId } = await approvals.prepare({ id: requestId, decision: 'approve' });
    await approvals.decide({ challengeId, proof: { kind: 'totp', code: approver.code() }, reason: 'agreed' });
    await releaseApproval(world.bed.system, requestId);
    const { moves } = await api().moves({ tenant: 'prod' });
    await runMove(world.ctx(), moves[0]?.id ?? '');
    expect(await home('prod')).toBe('us-east');
  });

  it('where both regions may write waits for a proven mirror to bring everything, then switches', async () => {
    const { runs } = await requestVerify(world.ctx(), {
      ...{ id: 'eu-us', rowsPerSecond: 1_000_000, leaks: false },
    });
    for (const run of runs) await compareTable(world.ctx(), run.id);
    await world.look();
    await world.bed.rows("update region_write set writes = true where region = 'us-east'");
    const found = await plan('t1');
    expect(found).toMatchObject({ possible: true, way: 'mirror', copy: { rows: 0 } });
    expect(found.stays.join(' ')).toContain('Whoever writes rows of t1 in eu-west afterwards still can');
    const done = await move('t1', 'us-east');
    expect(done).toMatchObject({ state: 'done' });
    expect(done?.steps.find(s => s.name === 'settle')?.said).toBe('eu-us brought everything');
    expect(done?.steps.find(s => s.name === 'reverse')?.said).toContain('no stream leads them to eu-west');
    await world.bed.rows("update region_write set writes = false where region = 'us-east'");
    await world.bed.rows("update tenant set home_region = 'eu-west' where id = 't1'");
  });

  it('of a tenant with rows waits until the right to write is there, then switches: the failover comes first', async () => {
    const watching = world.watch();
    try {
      await world.switched('eu-west', 'us-east');
      const found = await plan('t1');
      expect(found).toMatchObject({ way: 'writer', possible: true, writes: { home: false, there: true } });
      expect(await move('t1', 'us-east')).toMatchObject({ state: 'done' });
      expect(await home('t1')).toBe('us-east');
      expect((await api().route({ tenant: 't1' })).region).toBe('us-east');
    } finally {
      await watching.stop();
    }
  });
});
