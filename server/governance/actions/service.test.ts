import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { trustedKeys } from '#kernel/signing/signer.ts';
import { verifyStatement } from '#kernel/signing/statement.ts';
import { type TestPerson, testPerson } from '#scripts/testing/approvers.ts';
import { simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { releaseApproval } from '#server/governance/approvals/service/release.ts';
import { createCaller } from '#server/root.ts';
import { simulatedDriver } from './gateway.simulated.ts';
import { manifestType, planBytes } from './rules/manifest.ts';
import { advanceExecution } from './service/advance.ts';
import { unapproved } from './service/audit.ts';
import { resumeUnfinished } from './service/resume.ts';

let bed: TestBed;
let admin: TestPerson;
let operator: TestPerson;
let approver: TestPerson;
let second: TestPerson;

beforeAll(async () => {
  bed = await testBed();
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const [id, environment] of [
    ['t1', 'simulation'],
    ['acme-retail', 'production'],
    ['fjord-media', 'simulation'],
  ] as const)
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: id, environment, homeRegion: 'eu-west' }),
    );
  // So much is done here in so little time that the breaker and the budget would be in the way of everything else.
  await bed.rows(
    "insert into action_guard (tenant_id, hourly_targets, flap_limit, flap_minutes, updated_at) values ('*', 1000, 100, 1, now())",
  );
  admin = await testPerson(bed, 'admin', ['admin', 'approver']);
  operator = await testPerson(bed, 'operator', ['operator']);
  approver = await testPerson(bed, 'approver', ['approver']);
  second = await testPerson(bed, 'second', ['approver']);
});
afterAll(() => bed.close());
beforeEach(() => bed.clock.advance(60_000));

const of = (who: TestPerson) => who.caller().then(caller => caller.actions);
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    error => error.cause?.code ?? error.code ?? error.message,
  );
const stateOf = async (id: string) => (await of(operator)).status({ exec_id: id });
const replicas = async (target: string) => (await simulatedDriver(bed).read(target, ''))?.state.replicas;
const advance = (id: string) => advanceExecution(bed, id);

async function approvalOf(id: string): Promise<string> {
  const { approvals } = await admin.caller();
  const { rows } = await approvals.list({ subject: `execution:${id}`, sort: 'createdAt', dir: 'desc' });
  return rows[0]?.id ?? '';
}
async function decide(who: TestPerson, requestId: string, decision: 'approve' | 'deny' = 'approve') {
  const { approvals } = await who.caller();
  const asked = await approvals.prepare({ id: requestId, decision });
  return approvals.decide({
    challengeId: asked.challengeId,
    proof: { kind: 'totp', code: who.code() },
    reason: 'looked at it',
  });
}
const scale = (target: string, to: number, more: object = {}) =>
  of(operator).then(actions =>
    actions.execute({ action: 'scale', tenant_id: 't1', target, replicas: to, ...more }),
  );

describe('an execution of low risk', () => {
  it('runs by itself: locked, kept, signed, previewed, tried on a part, applied, measured', async () => {
    const made = await scale('service-x', 3);
    expect(made).toMatchObject({ tier: 'low', needs_approval: false, dry_run: false, state: 'authorised' });
    await advance(made.exec_id);
    const done = await stateOf(made.exec_id);
    expect(done).toMatchObject({
      state: 'succeeded',
      stepRows: [{ state: 'verified', driver: 'simulated' }],
    });
    expect(await replicas('service-x')).toBe(3);
    expect(done.stepRows[0]?.preview?.changes).toEqual([{ field: 'replicas', before: 2, after: 3 }]);
    expect(done.stepRows[0]?.canary).toMatchObject({ verdict: 'pass' });
    const signed = verifyStatement(
      done.manifest as never,
      { predicateType: manifestType, content: planBytes(done.plan) },
      await trustedKeys(bed.database),
      bed.clock.now(),
    );
    expect(signed.ok && signed.statement.predicate).toMatchObject({
      execution: made.exec_id,
      snapshotHash: done.snapshotHash,
    });
    const entries = await bed.rows<{ type: string }>(
      'select type from ledger_entry where target = $1 order by id',
      [`execution:${made.exec_id}`],
    );
    expect(entries.map(e => e.type)).toEqual([
      'execution.requested',
      'execution.locked',
      'execution.snapshotted',
      'execution.signed',
      'execution.previewed',
      'execution.began',
      'execution.ordered',
      'execution.effected',
      'execution.applied',
      'execution.judged',
      'execution.ordered',
      'execution.effected',
      'execution.applied',
      'execution.succeeded',
    ]);
    expect(await bed.rows('select 1 from action_lock')).toEqual([]);
  });

  it('goes as far as its dry run where that was asked for, and fills in what was left open', async () => {
    const actions = createCaller(bed.as(simulationPrincipal)).actions;
    const before = await bed.rows('select 1 from world_command');
    const made = await actions.execute({ tenant_id: 't1', action: 'scale', dry_run: true });
    expect(made.filled_in.join()).toMatch(/target: [\w-]+.*replicas: \d+/);
    await advance(made.exec_id);
    expect(await actions.status({ exec_id: made.exec_id })).toMatchObject({
      state: 'succeeded',
      outcome: 'Dry run: nothing was changed',
      stepRows: [{ state: 'skipped' }],
    });
    expect(await bed.rows('select 1 from world_command')).toEqual(before);
    const nothing = await actions.execute({ action: 'dryrun', tenant_id: 't1' });
    await advance(nothing.exec_id);
    expect((await stateOf(nothing.exec_id)).state).toBe('succeeded');
  });

  it('is taken back by a person, as long as nobody changed the target since', async () => {
    const made = await scale('t1-web', 4);
    await advance(made.exec_id);
    expect(await replicas('t1-web')).toBe(4);
    const back = await (await of(operator)).rollback({ exec_id: made.exec_id, reason: 'second thoughts' });
    expect(back).toMatchObject({ state: 'rolling-back' });
    await advance(made.exec_id);
    expect(await stateOf(made.exec_id)).toMatchObject({
      state: 'rolled-back',
      stepRows: [{ state: 'restored' }],
    });
    expect(await replicas('t1-web')).toBe(3);

    const one = await scale('t1-web', 4);
    await advance(one.exec_id);
    const two = await scale('t1-web', 5);
    await advance(two.exec_id);
    expect(await code((await of(operator)).rollback({ exec_id: one.exec_id, reason: 'too late' }))).toBe(
      'execution.state',
    );
  });
});

it('sends whoever would fail a whole region over to the page that fences, shows readiness and asks', async () => {
  const failover = { action: 'failover', tenant_id: 't1', target: 'eu-west', to_region: 'us-east' } as const;
  await expect((await of(operator)).execute(failover)).rejects.toMatchObject({
    cause: { code: 'execution.region_failover', message: expect.stringContaining('/federation/failover') },
  });
});

describe('an execution that a replay of history speaks against', () => {
  const gate = (tenant: string, mode: 'auto' | 'approve') =>
    bed.rows(
      `insert into autonomy_gate (tenant_id, action, mode, acted, harmed, saved, false_actions, harm_upper, reason, run_id, at)
       values ($1, 'restart', $2, 4, 2, 1, 1, 0.8, '2 of the tenant’s own 4 cases did harm', $3, now())
       on conflict (tenant_id, action) do update set mode = excluded.mode`,
      [tenant, mode, '00000000-0000-7000-8000-000000000001'],
    );
  const restart = async () =>
    (await of(operator)).execute({ action: 'restart', tenant_id: 't1', target: 'service-x' });

  it('asks people, and says why; another tenant’s history, and history that went well, ask nobody', async () => {
    await gate('fjord-media', 'approve');
    expect(await restart()).toMatchObject({ tier: 'low', needs_approval: false });
    await gate('t1', 'auto');
    expect(await restart()).toMatchObject({ needs_approval: false });
    await gate('t1', 'approve');
    const made = await restart();
    expect(made).toMatchObject({ tier: 'low', needs_approval: true, state: 'waiting' });
    expect(made.reasons.join(' ')).toContain('2 of the tenant’s own 4 cases did harm');
    await advance(made.exec_id);
    expect(await stateOf(made.exec_id)).toMatchObject({ state: 'waiting' });
    const request = await approvalOf(made.exec_id);
    await decide(approver, request);
    await releaseApproval(bed.system, request);
    await advance(made.exec_id);
    expect(await stateOf(made.exec_id)).toMatchObject({ state: 'succeeded' });
  });

  it('does not begin where the replay ended after it was asked for', async () => {
    await gate('t1', 'auto');
    const made = await restart();
    expect(made).toMatchObject({ state: 'authorised' });
    await gate('t1', 'approve');
    await advance(made.exec_id);
    expect(await stateOf(made.exec_id)).toMatchObject({
      state: 'refused',
      outcome: expect.stringContaining('speaks against restart'),
    });
    await bed.rows('delete from autonomy_gate');
  });
});

describe('an execution of high risk', () => {
  it('waits for an approval, and runs once it is released', async () => {
    const made = await scale('t1-db', 9);
    expect(made).toMatchObject({ tier: 'high', needs_approval: true, state: 'waiting' });
    await advance(made.exec_id);
    await resumeUnfinished(bed.system, AbortSignal.timeout(60_000));
    expect(await replicas('t1-db')).toBe(2);
    const request = await approvalOf(made.exec_id);
    await decide(approver, request);
    await releaseApproval(bed.system, request);
    expect((await stateOf(made.exec_id)).approvalId).toBe(request);
    await advance(made.exec_id);
    expect(await stateOf(made.exec_id)).toMatchObject({ state: 'succeeded' });
    expect(await replicas('t1-db')).toBe(9);
    // What only a person with the approval could begin, nobody begins a second time.
    expect(await code((await of(operator)).run({ exec_id: made.exec_id }))).toBe('execution.state');
  });

  it('takes the signed word of an approver with the same plan once more, and none that is forged', async () => {
    const ask = { action: 'scale', tenant_id: 't1', target: 't1-db', replicas: 60 } as const;
    const made = await (await of(operator)).execute(ask);
    expect(made.approval_id).toBe(await approvalOf(made.exec_id));
    expect(await code((await of(operator)).execute({ ...ask, approver_token: 'e30.e30.e30' }))).not.toBe(
      'done',
    );
    expect((await stateOf(made.exec_id)).state).toBe('waiting');
    const { approvals } = await approver.caller();
    const asked = await approvals.prepare({ id: made.approval_id ?? '', decision: 'approve' });
    const proof = { kind: 'totp' as const, code: approver.code() };
    const { token } = await approvals.sign({ challengeId: asked.challengeId, proof, reason: 'looked at it' });
    const again = await (await of(operator)).execute({ ...ask, approver_token: token });
    expect(again).toMatchObject({ exec_id: made.exec_id, approval_id: made.approval_id });
    await releaseApproval(bed.system, made.approval_id ?? '');
    expect((await stateOf(made.exec_id)).state).toBe('authorised');
  });

  it('is void once its target moved after it was asked for', async () => {
    const made = await scale('t1-web', 40);
    const request = await approvalOf(made.exec_id);
    await decide(approver, request);
    const meanwhile = await scale('t1-web', 6);
    await advance(meanwhile.exec_id);
    await releaseApproval(bed.system, request);
    expect(await stateOf(made.exec_id)).toMatchObject({ state: 'refused' });
    expect((await (await admin.caller()).approvals.get({ id: request })).state).toBe('voided');
    expect(await replicas('t1-web')).toBe(6);
  });

  it('is void too when the target moves between the release and the snapshot', async () => {
    const made = await scale('t1-web', 41);
    const request = await approvalOf(made.exec_id);
    await decide(approver, request);
    await releaseApproval(bed.system, request);
    expect((await stateOf(made.exec_id)).state).toBe('authorised');
    const meanwhile = await scale('t1-web', 7);
    await advance(meanwhile.exec_id);
    await advance(made.exec_id);
    expect(await stateOf(made.exec_id)).toMatchObject({
      state: 'refused',
      outcome: expect.stringContaining('void'),
    });
    expect(await replicas('t1-web')).toBe(7);
  });

  it('needs two people where everybody is concerned', async () => {
    const made = await (await of(operator)).execute({
      action: 'failover',
      tenant_id: 't1',
      target: 'service-x',
      to_region: 'us-east',
    });
    expect(made.blast.global).toBe(true);
    const request = await approvalOf(made.exec_id);
    await decide(approver, request);
    expect((await (await admin.caller()).approvals.get({ id: request })).state).toBe('pending');
    await decide(second, request);
    await releaseApproval(bed.system, request);
    await advance(made.exec_id);
    expect(await stateOf(made.exec_id)).toMatchObject({ state: 'succeeded' });
    expect((await simulatedDriver(bed).read('service-x', ''))?.region).toBe('us-east');
  });

  it('is refused by the database, whatever the code says', async () => {
    const made = await scale('t1-db', 90);
    const set = (sql: string) => bed.rows(`update action_execution set ${sql} where id = $1`, [made.exec_id]);
    await expect(set("state = 'authorised'")).rejects.toThrow(/needs an approval/);
    await expect(set("state = 'applying'")).rejects.toThrow(/cannot become/);
    await expect(set("plan = '{}'")).rejects.toThrow(/cannot be changed/);
    await expect(set('policy_id = null')).rejects.toThrow(/cannot be changed/);
    await expect(bed.rows('delete from action_execution where false')).resolves.toEqual([]);
    await expect(
      bed.database.pool('atom_app').query('delete from action_execution where false'),
    ).rejects.toThrow(/permission denied/);
  });

  it('says of a control what it finds: with its approval it passes, without it fails', async () => {
    expect((await unapproved(bed)).found).toEqual([]);
    const { ran } = await unapproved(bed);
    expect(ran).toBeGreaterThan(0);
    const client = await bed.database.pool('atom_owner').connect();
    try {
      await client.query('alter table action_execution disable trigger guard');
      await client.query(
        "update action_execution set approval_id = null where tier = 'high' and state = 'succeeded'",
      );
      await client.query('alter table action_execution enable trigger guard');
    } finally {
      client.release();
    }
    expect((await unapproved(bed)).found.length).toBeGreaterThan(0);
  });
});
