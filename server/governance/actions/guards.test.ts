import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestPerson, testPerson } from '#scripts/testing/approvers.ts';
import { simulationPrincipal, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { testHub } from '#scripts/testing/policies.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { worldSeed } from '#server/world/catalogue.ts';
import { releaseOf } from '#server/world/signals.ts';
import { portServer } from '#workers/ports.ts';
import { snapshotFirst } from './controls.ts';
import { simulatedDriver } from './gateway.simulated.ts';
import { advanceExecution } from './service/advance.ts';
import { measureRisk } from './service/realised.ts';

let bed: TestBed;
let admin: TestPerson;
let operator: TestPerson;
let hub: Awaited<ReturnType<typeof testHub>>;

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const [id, environment] of [
    ['t1', 'simulation'],
    ['acme-retail', 'production'],
    ['fjord-media', 'simulation'],
    ['granite-mining', 'simulation'],
  ] as const)
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment, homeRegion: 'eu-west' }),
    );
  admin = await testPerson(bed, 'admin', ['admin', 'approver']);
  operator = await testPerson(bed, 'operator', ['operator']);
  hub = await testHub(bed);
});
afterAll(async () => {
  await hub.stop();
  await bed.close();
});
beforeEach(() => bed.clock.advance(60_000));

const actions = async (who = operator) => (await who.caller()).actions;
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    error => error.cause?.code ?? error.code ?? error.message,
  );
const status = async (id: string) => (await actions()).status({ exec_id: id });
const scale = async (tenant: string, target: string, replicas: number, more: object = {}) =>
  (await actions()).execute({ action: 'scale', tenant_id: tenant, target, replicas, ...more });
const replicas = async (target: string) => (await simulatedDriver(bed).read(target, ''))?.state.replicas;
const reason = 'for the test';
async function stepUp(who: TestPerson) {
  await (await who.caller()).mfa.stepUp({ code: who.code() });
}

describe('the kill switch', () => {
  it('lets nothing begin, turns back what is under way, and leaves dry runs alone', async () => {
    const waiting = await scale('t1', 'service-x', 3);
    await (await actions()).kill({ tenant_id: 't1', reason });
    expect(await code(scale('t1', 'service-x', 3))).toBe('execution.killed');
    await advanceExecution(bed, waiting.exec_id);
    expect(await status(waiting.exec_id)).toMatchObject({ state: 'refused' });
    expect(await replicas('service-x')).toBe(2);
    const dry = await scale('t1', 'service-x', 3, { dry_run: true });
    await advanceExecution(bed, dry.exec_id);
    expect((await status(dry.exec_id)).state).toBe('succeeded');
    // Another tenant goes on.
    expect(await code(scale('fjord-media', 'fjord-stream', 6))).toBe('done');
    expect(await code((await actions()).release({ tenant_id: 't1', reason }))).toBe('auth.denied');
    await stepUp(admin);
    await (await actions(admin)).release({ tenant_id: 't1', reason });
    expect(await code(scale('t1', 'service-x', 3, { dry_run: true }))).toBe('done');
  });

  it('of the installation holds for every tenant', async () => {
    await (await actions()).kill({ tenant_id: '*', reason });
    expect(await code(scale('fjord-media', 'fjord-encode', 5))).toBe('execution.killed');
    await stepUp(admin);
    await (await actions(admin)).release({ tenant_id: '*', reason });
    expect(await code(scale('fjord-media', 'fjord-encode', 5, { dry_run: true }))).toBe('done');
  });
});

describe('a freeze', () => {
  it('holds while it lasts, also for what was asked for before it', async () => {
    const before = await scale('t1', 't1-web', 4);
    const now = bed.clock.now().getTime();
    const freeze = await (await actions()).freeze({
      tenant_id: 't1',
      starts_at: new Date(now - 1000).toISOString(),
      ends_at: new Date(now + 600_000).toISOString(),
      reason: 'the sale',
    });
    expect(await code(scale('t1', 't1-web', 4))).toBe('execution.frozen');
    await advanceExecution(bed, before.exec_id);
    expect(await status(before.exec_id)).toMatchObject({
      state: 'refused',
      outcome: expect.stringContaining('the sale'),
    });
    expect((await (await actions()).guards()).freezes).toMatchObject([{ id: freeze.id, active: true }]);
    await (await actions(admin)).endFreeze({ id: freeze.id, reason });
    expect(await code(scale('t1', 't1-web', 4, { dry_run: true }))).toBe('done');
    expect(
      await code(
        (await actions()).freeze({
          tenant_id: 't1',
          starts_at: new Date(now + 2000).toISOString(),
          ends_at: new Date(now + 1000).toISOString(),
          reason,
        }),
      ),
    ).toBe('freeze.times');
  });
});

describe('limits', () => {
  it('stop a target that is changed again and again, and a tenant that touches too much', async () => {
    await stepUp(admin);
    const guard = await (await actions(admin)).limit({
      tenant_id: 'granite-mining',
      version: 0,
      hourlyTargets: 2,
      flapLimit: 2,
      flapMinutes: 30,
      reason,
    });
    expect(guard).toMatchObject({ version: 1, flapLimit: 2 });
    for (const n of [7, 8]) {
      const made = await scale('granite-mining', 'granite-telemetry', n);
      await advanceExecution(bed, made.exec_id);
      expect((await status(made.exec_id)).state).toBe('succeeded');
    }
    expect(await code(scale('granite-mining', 'granite-telemetry', 9))).toBe('execution.flapping');
    const other = await scale('granite-mining', 'granite-planning', 6);
    await advanceExecution(bed, other.exec_id);
    expect(await code(scale('granite-mining', 'granite-db', 4))).toBe('execution.budget');
    expect(
      await code(
        (await actions(admin)).limit({
          tenant_id: 'granite-mining',
          version: 0,
          hourlyTargets: 9,
          flapLimit: 9,
          flapMinutes: 9,
          reason,
        }),
      ),
    ).toBe('guard.stale');
  });
});

describe('locks', () => {
  it('let one execution at a time change a target; the other waits, and goes on when it is free', async () => {
    await bed.rows(
      "insert into action_lock (target, tenant_id, execution_id, until) values ('fjord-catalogue', 'fjord-media', 'e0', $1)",
      [new Date(bed.clock.now().getTime() + 30_000)],
    );
    const made = await scale('fjord-media', 'fjord-catalogue', 3);
    await advanceExecution(bed, made.exec_id);
    expect(await status(made.exec_id)).toMatchObject({ state: 'authorised', dueAt: expect.any(String) });
    bed.clock.advance(31_000);
    await advanceExecution(bed, made.exec_id);
    expect((await status(made.exec_id)).state).toBe('succeeded');
  });
});

describe('production', () => {
  it('is previewed unless somebody says otherwise, and then asks for what is not small', async () => {
    const made = await scale('acme-retail', 'acme-checkout', 9);
    expect(made).toMatchObject({ dry_run: true, filled_in: ['dry_run: true, the default here'] });
    expect(await scale('acme-retail', 'acme-checkout', 16, { dry_run: false })).toMatchObject({
      state: 'waiting',
      needs_approval: true,
    });
  });

  it('is out of reach without signing in', async () => {
    const { actions: guest } = createCaller(bed.as(simulationPrincipal));
    expect(await code(guest.execute({ action: 'dryrun', tenant_id: 'acme-retail' }))).toBe(
      'tenant.not_found',
    );
    expect(
      await code(guest.status({ exec_id: (await scale('acme-retail', 'acme-search', 5)).exec_id })),
    ).toBe('execution.not_found');
    expect((await guest.list({})).rows.every(row => row.tenantId !== 'acme-retail')).toBe(true);
    expect(await code(guest.kill({ tenant_id: '*', reason }))).toBe('auth.denied');
  });

  it('lets a tenant read its own and nobody else’s', async () => {
    const { actions: tenant } = createCaller(bed.as(tenantCaller('fjord-media')));
    const { rows } = await tenant.list({ limit: 100 });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(row => row.tenantId === 'fjord-media')).toBe(true);
    expect(await code(tenant.execute({ action: 'dryrun', tenant_id: 'fjord-media' }))).toBe('auth.denied');
    expect(JSON.stringify(await tenant.guards())).not.toContain('granite');
  });
});

describe('a canary', () => {
  const bad = Array.from({ length: 60 }, (_, i) => `9.0.${i}`).find(
    version => (releaseOf(worldSeed, 't1-db', version).errors ?? 0) > 0.08,
  );

  it('that does worse than the rest is taken back, and the rest never sees it', async () => {
    const made = await (await actions()).execute({
      action_plan: {
        tenantId: 't1',
        steps: [{ action: 'rollback', target: 't1-db', params: { toVersion: bad ?? '' } }],
      },
      dry_run: false,
    });
    expect(made.needs_approval).toBe(true);
    // As if it had been approved: what is looked at here is what follows.
    await bed.rows(
      "update action_execution set state = 'authorised', approval_id = gen_random_uuid() where id = $1",
      [made.exec_id],
    );
    const before = (await simulatedDriver(bed).read('t1-db', ''))?.state.release;
    await advanceExecution(bed, made.exec_id);
    const done = await status(made.exec_id);
    expect(done).toMatchObject({
      state: 'rolled-back',
      stepRows: [{ state: 'restored', canary: { verdict: 'fail', replayedMinutes: 30 } }],
      log: expect.arrayContaining([
        expect.objectContaining({
          said: expect.stringContaining(
            'tried first, on a copy of the simulated world that lives through the last 30 minutes again',
          ),
        }),
      ]),
    });
    expect((await simulatedDriver(bed).read('t1-db', ''))?.state.release).toBe(before);
  });

  it('that shows neither asks people, and does what they say', async () => {
    for (const goOn of [true, false]) {
      bed.clock.advance(3_600_000);
      const made = await scale('t1', 't1-web', goOn ? 4 : 5);
      // A region whose metrics do not come any more: nothing to compare.
      const id = `gap-${goOn}`;
      const place = (kind: string, payload: object) =>
        bed.rows('select append_world_command($1, $2, $3, null)', [
          bed.clock.now(),
          kind,
          JSON.stringify({ kind, ...payload }),
        ]);
      await place('fault.inject', {
        id,
        fault: 'region-loss',
        target: { kind: 'region', id: 'eu-west' },
        intensity: 1,
      });
      bed.clock.advance(35 * 60_000);
      await advanceExecution(bed, made.exec_id);
      expect((await status(made.exec_id)).state).toBe('undecided');
      await place('fault.heal', { id });
      bed.clock.advance(60_000);
      const said = await (await actions()).decide({ exec_id: made.exec_id, go_on: goOn, reason });
      expect(said.state).toBe(goOn ? 'applying' : 'rolling-back');
      await advanceExecution(bed, made.exec_id);
      expect((await status(made.exec_id)).state).toBe(goOn ? 'succeeded' : 'rolled-back');
    }
    expect(await replicas('t1-web')).toBe(4);
  });
});

describe('between two steps', () => {
  /** The first step is done, and its worker gone before it ordered the second one. */
  async function halfway(tenant: string, ...steps: [target: string, replicas: number][]) {
    bed.clock.advance(2 * 3_600_000);
    const made = await (await actions()).execute({
      action_plan: {
        tenantId: tenant,
        steps: steps.map(([target, n]) => ({ action: 'scale' as const, target, params: { replicas: n } })),
      },
      dry_run: false,
    });
    await bed.rows(
      `create function dies() returns trigger language plpgsql as $$ begin
        if new.n = 1 and new.ordered_at is not null and old.ordered_at is null then raise exception 'gone'; end if; return new; end $$`,
    );
    await bed.rows('create trigger dies before update on action_step for each row execute function dies()');
    await expect(advanceExecution(bed, made.exec_id)).rejects.toThrow();
    await bed.rows('drop trigger dies on action_step');
    await bed.rows('drop function dies');
    expect((await status(made.exec_id)).stepRows.map(row => row.state)).toEqual(['verified', 'pending']);
    return made.exec_id;
  }
  const decide = async (id: string, goOn: boolean) =>
    (await actions()).decide({ exec_id: id, go_on: goOn, reason });

  it('a freeze that began halts it; it goes on when people say so, once the freeze is over', async () => {
    const id = await halfway('fjord-media', ['fjord-stream', 6], ['fjord-encode', 5]);
    const now = bed.clock.now().getTime();
    const freeze = await (await actions()).freeze({
      tenant_id: 'fjord-media',
      starts_at: new Date(now - 1000).toISOString(),
      ends_at: new Date(now + 600_000).toISOString(),
      reason: 'the sale',
    });
    await advanceExecution(bed, id);
    expect(await status(id)).toMatchObject({
      state: 'undecided',
      failure: expect.stringMatching(/^Halted before step 2: .*the sale/),
      whyNot: { decide: null },
      stepRows: [{ state: 'verified' }, { state: 'pending', orderedAt: null }],
    });
    const [told] = await bed.rows(
      "select 1 from outbox where body->>'task' = 'notifications.accept' and body->'payload'->'message'->>'groupKey' = $1",
      [`execution:${id}`],
    );
    expect(told).toBeDefined();
    expect(await code(decide(id, true))).toBe('execution.frozen');
    await (await actions(admin)).endFreeze({ id: freeze.id, reason });
    // However long people take: nobody else changes meanwhile what it would take back.
    bed.clock.advance(180_000);
    const { exec_id: other } = await scale('fjord-media', 'fjord-stream', 9);
    await advanceExecution(bed, other);
    expect(await status(other)).toMatchObject({ state: 'authorised' });
    await (await actions()).stop({ exec_id: other, reason });
    await advanceExecution(bed, other);
    expect((await decide(id, true)).state).toBe('applying');
    await advanceExecution(bed, id);
    expect(await status(id)).toMatchObject({ state: 'succeeded', failure: null });
  });

  const limit = async (hourlyTargets: number) => {
    const guards = (await (await actions(admin)).guards()).guards;
    const version = guards.find(row => row.tenantId === 'granite-mining')?.version ?? 0;
    await stepUp(admin);
    const more = { flapLimit: 9, flapMinutes: 9, reason };
    await (await actions(admin)).limit({ tenant_id: 'granite-mining', version, hourlyTargets, ...more });
  };
  /** Of another execution, which has done all that it wants. */
  const orderedElsewhere = (id: string) =>
    bed.rows('update action_step set ordered_at = $2 where execution_id = $1', [id, bed.clock.now()]);

  it('the budget that it began with is its own: no other begins with it, and orders of others do not halt its rest', async () => {
    await limit(2);
    bed.clock.advance(2 * 3_600_000);
    const { exec_id: other } = await scale('granite-mining', 'granite-telemetry', 7);
    const id = await halfway('granite-mining', ['granite-planning', 7], ['granite-db', 4]);
    await advanceExecution(bed, other);
    expect(await status(other)).toMatchObject({
      state: 'refused',
      outcome: expect.stringMatching(
        /^2 targets were changed within the last hour or are about to be; 1 more .* budget of 2/,
      ),
    });
    expect(await code(scale('granite-mining', 'granite-telemetry', 8))).toBe('execution.budget');
    await orderedElsewhere(other);
    await advanceExecution(bed, id);
    expect(await status(id)).toMatchObject({ state: 'succeeded' });
    await bed.rows('update action_step set ordered_at = null where execution_id = $1', [other]);
  });

  it('orders of others that leave nothing of the budget halt it, and what it did is taken back if people say so', async () => {
    const before = await replicas('granite-planning');
    bed.clock.advance(2 * 3_600_000);
    const { exec_id: other } = await scale('granite-mining', 'granite-telemetry', 7);
    const id = await halfway('granite-mining', ['granite-planning', 8], ['granite-db', 3]);
    await orderedElsewhere(other);
    await limit(1);
    await advanceExecution(bed, id);
    expect(await status(id)).toMatchObject({
      state: 'undecided',
      failure: expect.stringMatching(/blast-radius budget of 1/),
    });
    expect(await code(decide(id, true))).toBe('execution.budget');
    expect((await decide(id, false)).state).toBe('rolling-back');
    await advanceExecution(bed, id);
    expect((await status(id)).state).toBe('rolled-back');
    expect(await replicas('granite-planning')).toBe(before);
    await bed.rows('update action_step set ordered_at = null where execution_id = $1', [other]);
    await limit(2);
  });

  it('what a halted one has left stays its own: nobody takes it while people decide', async () => {
    bed.clock.advance(2 * 3_600_000);
    const id = await halfway('granite-mining', ['granite-planning', 8], ['granite-db', 3]);
    const now = bed.clock.now().getTime();
    const freeze = await (await actions()).freeze({
      tenant_id: 'granite-mining',
      starts_at: new Date(now - 1000).toISOString(),
      ends_at: new Date(now + 600_000).toISOString(),
      reason,
    });
    await advanceExecution(bed, id);
    expect((await status(id)).state).toBe('undecided');
    await (await actions(admin)).endFreeze({ id: freeze.id, reason });
    expect(await code(scale('granite-mining', 'granite-telemetry', 8))).toBe('execution.budget');
    expect((await decide(id, true)).state).toBe('applying');
    await advanceExecution(bed, id);
    expect((await status(id)).state).toBe('succeeded');
  });

  it('two that run at once stay within the budget together', async () => {
    bed.clock.advance(2 * 3_600_000);
    const both = await Promise.all(
      (['granite-telemetry', 'granite-planning', 'granite-db'] as const).map(target =>
        scale('granite-mining', target, 6 + (target === 'granite-planning' ? 1 : 0)),
      ),
    );
    await Promise.all(both.map(({ exec_id }) => advanceExecution(bed, exec_id)));
    const ordered = await bed.rows(
      "select distinct target from action_step where tenant_id = 'granite-mining' and ordered_at > $1",
      [new Date(bed.clock.now().getTime() - 60_000)],
    );
    expect(ordered).toHaveLength(2);
  });

  it('a stricter policy halts it', async () => {
    const id = await halfway('fjord-media', ['fjord-stream', 7], ['fjord-encode', 4]);
    const strict = await hub.activate({
      id: 'no-scaling-of-fjord',
      kind: 'autonomy',
      scope: { tenant: 'fjord-media' },
      document: {
        tiers: { low: 'auto', medium: 'auto', high: 'auto', critical: 'auto' },
        actions: { scale: { mode: 'deny' } },
      },
    });
    expect(strict).toBeDefined();
    await advanceExecution(bed, id);
    expect(await status(id)).toMatchObject({
      state: 'undecided',
      failure: expect.stringMatching(/An autonomy policy denies it now/),
    });
    expect(await code(decide(id, true))).toBe('execution.policy');
    await decide(id, false);
    await advanceExecution(bed, id);
    expect((await status(id)).state).toBe('rolled-back');
  });
});

describe('a person', () => {
  it('stops an execution: before anything was changed nothing is', async () => {
    bed.clock.advance(3_600_000);
    const made = await scale('t1', 'service-x', 3);
    await (await actions()).stop({ exec_id: made.exec_id, reason });
    await advanceExecution(bed, made.exec_id);
    expect(await status(made.exec_id)).toMatchObject({ state: 'refused', outcome: /Stopped by operator/ });
    expect(await code((await actions()).stop({ exec_id: made.exec_id, reason }))).toBe('execution.state');
  });
});

describe('an autonomy policy', () => {
  it('that denies leaves an entry and nothing else; one tightened later counts too', async () => {
    const free = await scale('t1', 'service-x', 3);
    await hub.activate({
      id: 'no-scaling',
      kind: 'autonomy',
      document: {
        tiers: { low: 'auto', medium: 'auto', high: 'auto', critical: 'auto' },
        actions: { scale: { mode: 'deny' } },
      },
    });
    expect(await code(scale('t1', 'service-x', 3))).toBe('execution.policy');
    const { rows } = await (await actions()).list({ state: ['refused'], limit: 1, dir: 'desc' });
    expect(rows[0]?.outcome).toMatch(/autonomy policy/);
    await advanceExecution(bed, free.exec_id);
    expect(await status(free.exec_id)).toMatchObject({ state: 'refused' });
    expect(await replicas('service-x')).toBe(2);
    // A restart it leaves free; what it takes to be dangerous it cannot free.
    expect(
      await (await actions()).execute({ action: 'restart', tenant_id: 't1', target: 'service-x' }),
    ).toMatchObject({
      state: 'authorised',
    });
    const keys = { action: 'rotate-keys', tenant_id: 't1', target: 'eu-west' } as const;
    expect(await (await actions()).execute(keys)).toMatchObject({ state: 'waiting', reversible: false });
  });
});

describe('over REST', () => {
  it('answers the requests of the phase', async () => {
    const server = portServer(systems.find(s => s.key === 'actions') ?? expect.fail(), bed);
    const post = (payload: object) =>
      server.inject({
        method: 'POST',
        url: '/execute',
        headers: { host: 'localhost', 'content-type': 'application/json' },
        payload,
      });
    try {
      for (const body of [
        { tenant_id: 'fjord-media', action: 'restart', dry_run: true },
        { action: 'restart', tenant_id: 'fjord-media', target: 'fjord-stream' },
        { action: 'dryrun', tenant_id: 't1' },
      ]) {
        const answer = await post(body);
        expect(answer.statusCode, answer.body).toBe(202);
        const { exec_id: id } = answer.json<{ exec_id: string }>();
        expect(id).toMatch(/^e\d+$/);
        const found = await server.inject({ url: `/status/${id}`, headers: { host: 'localhost' } });
        expect(found.statusCode).toBe(200);
      }
      const streamed = async (url: string) =>
        server.inject({ url, headers: { host: 'localhost', accept: 'text/event-stream' } });
      const dry = (await post({ action: 'dryrun', tenant_id: 't1' })).json<{ exec_id: string }>().exec_id;
      await advanceExecution(bed, dry);
      const events = await streamed(`/status/${dry}`);
      expect(events.headers['content-type']).toMatch(/event-stream/);
      expect(JSON.parse(/data: (.*)/.exec(events.body)?.[1] ?? '{}')).toMatchObject({
        exec_id: dry,
        state: 'succeeded',
      });
      expect((await streamed('/status/e999999')).statusCode).toBe(404);
      const get = (url: string) => server.inject({ url, headers: { host: 'localhost' } });
      expect((await get('/status/e999999')).statusCode).toBe(404);
      expect((await post({ action: 'explode', tenant_id: 't1' })).statusCode).toBe(400);
      expect((await post({ action: 'restart', tenant_id: 't1', target: 'nothing' })).json()).toMatchObject({
        code: 'execution.no_target',
      });
      expect((await post({ action: 'failover', tenant_id: 't1' })).statusCode).toBe(400);
      const from = (origin: object) => post({ action: 'dryrun', tenant_id: 't1', origin });
      const passedOff = await from({ kind: 'proposal', ref: 'p1', evidence: ['ev-1'] });
      expect(passedOff.statusCode).toBe(400);
      expect(passedOff.body).toContain('A proposal is sent by POST /proposals/{id}/execute');
      const asPerson = await from({ kind: 'person', ref: 'ticket-7' });
      expect(asPerson.statusCode).toBe(202);
      expect(await status(asPerson.json<{ exec_id: string }>().exec_id)).toMatchObject({
        origin: { kind: 'service', ref: 'ticket-7' },
      });
      expect((await get('/guards')).statusCode).toBe(200);
      expect((await get('/openapi.json')).json().paths).toHaveProperty('/execute');
    } finally {
      await server.close();
    }
  });
});

describe('afterwards', () => {
  it('the risk is measured again and held against what was there before', async () => {
    bed.clock.advance(10 * 60_000);
    expect(await measureRisk(bed)).toBeGreaterThan(0);
    expect(await measureRisk(bed)).toBe(0);
    const rows = await bed.rows<{ realised: object }>(
      'select realised from action_execution where realised is not null',
    );
    expect(rows[0]?.realised).toHaveProperty(['risk_5 min']);
  });

  it('the control finds a snapshot that is no longer the one that was kept', async () => {
    expect(await snapshotFirst.run(bed.system)).toMatchObject({ result: 'PASS' });
    await bed.rows(
      `update action_step set snapshot = jsonb_set(snapshot, '{state,replicas}', '77')
        where execution_id = (select execution_id from action_step where ordered_at is not null limit 1)`,
    );
    expect(await snapshotFirst.run(bed.system)).toMatchObject({ result: 'FAIL' });
  });
});
